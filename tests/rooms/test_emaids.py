"""EMAIDs: what checks them, and their forms. The vectors are published ones, of other implementations."""

import pytest

from ohmstead.rooms.charging.contracts.emaid import check_character, kept, made, printed

PUBLISHED = {
    "NN123ABCDEFGHI": "T", "FRXYZ123456789": "2", "ITA1B2C3E4F5G6": "4", "ESZU8WOX834H1D": "R", "PT73902837ABCZ": "Z",
    "DE83DUIEN83QGZ": "D", "DE83DUIEN83ZGQ": "M", "DE8AA001234567": "0", "NLTNM000122045": "U",
}  # fmt: skip
OURS = "DEOHMC0A0B7K42"


@pytest.mark.parametrize(
    ("emaid", "check"), [*PUBLISHED.items(), (OURS, "A"), ("DEOHMC0A0B7K24", "C"), ("DEOHMC0A0B7K43", "C")]
)
def test_what_checks_an_emaid(emaid: str, check: str) -> None:
    assert check_character(emaid) == check


@pytest.mark.parametrize(
    "form",
    [OURS, OURS.lower(), OURS + "A", "DE-OHM-C0A0B7K42", "DE-OHM-C0A0B7K42-A", "de-ohm-c0a0b7k42-a"],
)
def test_all_forms_are_one_identity(form: str) -> None:
    assert kept(form) == OURS


@pytest.mark.parametrize(
    "text",
    ["", OURS + "B", "DE-OHM-C0A0B7K42-B", "DE-OHMC0A0B7K42", "DE-OHM-C0A0B7K42A", OURS + "\n", "DEOHMC0A0B7K4",
     "DEOHMX0A0B7K42", "ＤEOHMC0A0B7K42", "DEıHMC0A0B7K42"],
)  # fmt: skip
def test_what_is_none_or_does_not_check(text: str) -> None:
    assert kept(text) is None


def test_one_that_is_made() -> None:
    emaid = made("DE", "OHM")
    assert (emaid[:6], len(emaid), kept(printed(emaid)), kept(emaid)) == ("DEOHMC", 14, emaid, emaid)
    assert printed(OURS) == "DE-OHM-C0A0B7K42-A"
    assert made("DE", "OHM") != emaid
