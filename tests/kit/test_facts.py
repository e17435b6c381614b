"""Facts: classes with a topic of their own, read back from what is stored."""

from typing import Any

import msgspec
import pytest

from ohmstead.kit.facts import Fact, RowChanged, fact_of, on, row_changed


class Tapped(Fact, topic="test.tapped"):
    """A barrel was."""

    id: int
    litres: float
    beside: str | None = None


def test_two_facts_of_one_topic_are_no_facts() -> None:
    with pytest.raises(LookupError, match=r"test\.tapped is that of Tapped already"):

        class Tapped2(Fact, topic="test.tapped"):
            """Another."""

    with pytest.raises(LookupError, match=r"test\.twice\.changed"):
        assert row_changed("test.twice") != row_changed("test.twice")


@pytest.mark.parametrize(
    ("payload", "litres", "beside"),
    [
        ({"id": 3, "litres": 50}, 50.0, None),
        ({"id": 3, "litres": 0.5, "beside": "it"}, 0.5, "it"),
        ({"id": 3, "litres": 0.5, "taken_out": [1]}, 0.5, None),
    ],
    ids=["what was added later has its default", "all that there is", "what was taken out is left aside"],
)
def test_a_payload_is_its_fact(payload: dict[str, Any], litres: float, beside: str | None) -> None:
    fact = fact_of("test.tapped", payload)
    assert isinstance(fact, Tapped)
    assert (fact.id, fact.litres, fact.beside) == (3, litres, beside)


@pytest.mark.parametrize("payload", [{"id": 3}, {"id": "three", "litres": 1}, {}])
def test_one_that_is_none_says_so(payload: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        fact_of("test.tapped", payload)


def test_what_has_no_topic_is_not_subscribed_to() -> None:
    with pytest.raises(AssertionError, match="RowChanged has no topic"):
        on(RowChanged)


def test_a_fact_stays_what_it_is() -> None:
    with pytest.raises(AttributeError):
        Tapped(id=1, litres=2).id = 2  # type: ignore[misc]
