"""Which language a browser asks for."""

import pytest

from ohmstead.engines.languages import language_of, text_in


@pytest.mark.parametrize(
    ("header", "spoken"),
    [
        ("", "en"), ("de", "de"), ("de-AT,de;q=0.9,en;q=0.8", "de"), ("en;q=0.3, fr;q=0.7", "fr"), ("FR-CH", "fr"),
        ("it, de; q=0.5, fr;q=0.5", "de"), ("de;q=0", "en"), ("de;q=much", "en"), ("deu", "en"), ("*", "en"),
        ("it," * 20 + "de", "en"), ("de_AT", "de"), ("fr_CH", "fr"),
    ],
)  # fmt: skip
def test_the_best_that_we_speak(header: str, spoken: str) -> None:
    assert language_of(header) == spoken


def test_what_was_chosen_goes_before_where_we_speak_it() -> None:
    assert (language_of("de", "fr"), language_of("de", "it")) == ("fr", "de")


def test_of_a_text_in_several_languages_the_one_that_is_wanted() -> None:
    stored = [{"locale": "pt", "translation": "Sol"}, {"locale": "de_AT", "translation": "Sonne"}]
    both = [*stored, {"locale": "en-GB", "translation": "Sun"}]
    assert [text_in(texts, "de") for texts in (both, {"de": "Sonne"}, "Sonne", None, [])] == ["Sonne"] * 3 + [None] * 2
    assert (text_in(both, "fr"), text_in(stored, "fr")) == ("Sun", "Sol")
