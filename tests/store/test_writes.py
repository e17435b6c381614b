"""Writes by the columns they name: rows come and change as said, whatever set of columns it is."""

from ohmstead.app.system import System
from ohmstead.rooms.billing.gateways.tables import gateway_event
from ohmstead.store.writes import Writes


async def test_what_is_named_is_written_and_the_rest_stays(system: System) -> None:
    events = Writes(gateway_event)
    async with system.database.begin() as tx:
        told = {"gateway": "g", "event_id": "e", "content": {"a": [1, None]}}
        made = await events.insert(tx, told | {"reference": "r"})
        other = await events.insert(tx, told | {"event_id": "f", "reference": None})
        changed = await events.update(tx, made["id"], {"applied_at": tx.now, "reference": None})
        assert changed is not None
        assert await events.update(tx, 999, {"reference": "x"}) is None
        assert (made["reference"], other["reference"], made["created_at"]) == ("r", None, tx.now)
        assert (changed["reference"], changed["applied_at"], changed["content"]) == (None, tx.now, {"a": [1, None]})
        untouched = await events.update(tx, other["id"], {"applied_at": None})
        assert untouched is not None
        assert (untouched["event_id"], untouched["applied_at"]) == ("f", None)
