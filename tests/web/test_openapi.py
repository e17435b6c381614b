"""The document says what is answered: moments as such wherever they stand, and 400 where a body may be no JSON."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

import pytest
from msgspec import Meta

from ohmstead.app.rooms import OPERATIONS
from ohmstead.kit.operations import Call, Operation, Reply, Transactions
from ohmstead.kit.views import Opt, ReadOnly, View
from ohmstead.web.openapi import document
from tests.client import DOCUMENT

Shown = Annotated[datetime, Meta(description="When.")]


class Below(View):
    at: datetime
    day: date


class Moments(View):
    plain: datetime
    zoned: Annotated[datetime, Meta(tz=True)]
    read: ReadOnly[Opt[Shown | None]]
    listed: list[datetime]
    either: datetime | int | None
    chosen: Literal["now"] | None
    named: dict[str, datetime | None]
    below: Below | None
    several: list[Below | None]
    itself: "Moments | None" = None
    text: str = ""


async def run(call: Call) -> Reply:
    return Reply(204)


def made(body: Any) -> dict[str, Any]:
    one = Operation(method="POST", path="/x", tag="x", summary="x", run=run, scope="x.x", partners=False,
                    transactions=Transactions.ONE, body=body, answers={200: datetime})  # fmt: skip
    return document([one], "x")


def formats(schema: Any, components: dict[str, Any]) -> set[str]:
    """The formats of what stands in a schema, without what it refers to."""
    if isinstance(schema, list):
        return set().union(*(formats(part, components) for part in schema)) if schema else set()
    if not isinstance(schema, dict):
        return set()
    own = {schema["format"]} if isinstance(schema.get("format"), str) else set[str]()
    return own.union(*(formats(part, components) for part in schema.values()))


@pytest.mark.parametrize(
    ("field", "wanted"),
    [
        ("plain", {"date-time"}), ("zoned", {"date-time"}), ("read", {"date-time"}), ("listed", {"date-time"}),
        ("either", {"date-time"}), ("chosen", set()), ("named", {"date-time"}), ("below", set()), ("text", set()),
    ],
)  # fmt: skip
def test_a_moment_is_one_wherever_it_stands(field: str, wanted: set[str]) -> None:
    components = made(Moments)["components"]["schemas"]
    assert formats(components["Moments"]["properties"][field], components) == wanted
    assert components["Below"]["properties"]["at"] == {"type": "string", "format": "date-time"}
    assert components["Below"]["properties"]["day"] == {"type": "string", "format": "date"}


def test_an_answer_that_is_a_moment_is_one() -> None:
    answered = made(list[Below])["paths"]["/x"]["post"]["responses"]["200"]
    assert answered["content"]["application/json"]["schema"]["properties"]["data"]["format"] == "date-time"


def test_every_operation_with_a_body_may_find_that_it_is_no_json() -> None:
    told = [(name, one) for path in DOCUMENT["paths"].values() for name, one in path.items()]
    assert {"400" in one["responses"] for _, one in told if "requestBody" in one} == {True}
    others = [one["summary"] for _, one in told if "400" in one["responses"] and "requestBody" not in one]
    assert sorted(others) == [  # of which the published API says it
        "Currency Rate / Listing", "Transaction / Listing", "User / Clear Subscription Amount Due",
    ]  # fmt: skip
    assert sum(one.body is not None for one in OPERATIONS) == sum("requestBody" in one for _, one in told)


def test_no_moment_of_ours_is_a_plain_text() -> None:
    """Whatever ends in `At` is one, or a day, but for the hours of a day."""
    found = [
        f"{name}.{field}"
        for name, schema in DOCUMENT["components"]["schemas"].items()
        for field, part in schema.get("properties", {}).items()
        if field.endswith("At") and not {"date-time", "date"} & {*formats(part, {})}
    ]
    hours = [
        "Element.endAt",
        "Element.startAt",
        "Hour.endAt",
        "Hour.startAt",
        "IntervalPrice.endsAt",
        "IntervalPrice.startsAt",
        "PricePeriod.endsAt",
        "PricePeriod.startsAt",
        "Window.endsAt",
        "Window.startsAt",
    ]
    assert sorted(found) == hours
