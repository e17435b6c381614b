"""Parts: what is written of an object is what is read of it, whatever was written before (a property)."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from ohmstead.kit.parts import Columns
from ohmstead.kit.resources import Resource
from ohmstead.kit.serving import operations_of
from tests.kit.boxes import box, boxes
from tests.kit.conftest import Yard

BOXES = "/resources/boxes/v1.0"

_size = st.fixed_dictionaries(
    {},
    optional={
        "width": st.none() | st.integers(-1000, 1000),
        "height": st.none() | st.integers(-1000, 1000),
        "area": st.just(1_234_567),  # read only, as is `widest`: both are columns or made of columns
        "widest": st.just(7_654_321),
    },
)
_moments = st.integers(946_684_800_000, 4_102_444_800_000).map(lambda ms: datetime.fromtimestamp(ms / 1000, UTC))
_seal = st.none() | st.fixed_dictionaries(
    {},
    optional={
        "code": st.none() | st.text("abc"),
        "broken": st.booleans(),
        "sealedAt": st.none() | _moments.map(datetime.isoformat),
    },
)
_details = st.fixed_dictionaries(
    {},
    optional={
        "makerName": st.none() | st.text("xyz"),
        "unitPrice": st.none() | st.integers(0, 10_000).map(lambda cents: cents / 100),
    },
)
_bodies = st.fixed_dictionaries({}, optional={"size": _size, "seal": _seal, "details": _details})


class Model:
    """A box as its bodies say it is."""

    def __init__(self) -> None:
        self.size: dict[str, Any] = {"width": None, "height": None}
        self.seal: dict[str, Any] = {"code": None, "broken": False, "sealedAt": None}
        self.details: dict[str, Any] = {}

    def take(self, body: dict[str, Any]) -> None:
        for name, value in body.get("size", {}).items():
            if name in self.size:
                self.size[name] = value
        seal = body.get("seal", {})
        self.seal |= {"code": None, "sealedAt": None} if seal is None else seal
        self.details |= body.get("details", {})

    def shown(self) -> dict[str, Any]:
        width, height, at = self.size["width"], self.size["height"], self.seal["sealedAt"]
        area = None if None in (width, height) else width * height
        sealed = at and {
            "broken": self.seal["broken"],
            "sealedAt": datetime.fromisoformat(at).isoformat(timespec="seconds"),
        }
        size = {"width": width, "height": height, "area": area, "widest": width}
        return {"size": size, "seal": sealed, "details": self.details}


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(creation=_bodies, changes=st.lists(_bodies, max_size=4))
async def test_what_bodies_say_of_objects_is_what_is_read(
    yard: Yard, creation: dict[str, Any], changes: list[dict[str, Any]]
) -> None:
    model = Model()
    model.take(creation)
    made = await yard.client.post(BOXES, {"name": "box"} | creation)
    assert made.status == 201, made.body
    assert {name: made.data[name] for name in model.shown()} == model.shown()
    where = f"{BOXES}/{made.data['id']}"
    for change in changes:
        model.take(change)
        told, read = (await yard.client.patch(where, change)).data, (await yard.client.get(where)).data
        assert {name: read[name] for name in model.shown()} == model.shown()
        assert told == read
    async with yard.system.database.read() as tx:
        code = await tx.value(select(box.c.seal_code).where(box.c.id == made.data["id"]))
    assert code == model.seal["code"]


async def test_a_member_that_the_view_does_not_know_is_found_when_it_is_declared() -> None:
    odd = Resource(
        "boxes",
        box,
        tag="kit",
        title="Box",
        key="box",
        access=boxes.access,
        versions=boxes.versions,
        parts=dict(boxes.parts) | {"size": Columns({"wide": box.c.width})},
    )
    with pytest.raises(KeyError, match="wide"):
        operations_of(odd)
