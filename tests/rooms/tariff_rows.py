"""Tariffs as the rooms above them find them: rows of a group, and the EVSEs that have it."""

from typing import Any

from sqlalchemy import insert, update

from ohmstead.app.system import System
from ohmstead.rooms.network.evses import evse
from ohmstead.rooms.tariffs.tables import tariff, tariff_group, tariff_group_member

FORBIDDEN: dict[str, Any] = {"type": "charging not allowed"}
FREE: dict[str, Any] = {"type": "free"}


async def tariffs_at(system: System, evse_ids: list[int], *tariffs: dict[str, Any]) -> list[int]:
    """A group of these tariffs, its base first, at these EVSEs: the tariffs' ids."""
    async with system.database.begin() as tx:
        times = {"created_at": tx.now, "updated_at": tx.now}

        async def made(table: Any, **values: Any) -> int:
            return await tx.value(insert(table).values(values | times).returning(table.c.id))

        group, keys = await made(tariff_group, name="Group"), []
        for place, fields in enumerate(tariffs):
            keys.append(await made(tariff, **{"name": "Tariff", "currency": "EUR"} | fields))
            await made(tariff_group_member, tariff_group_id=group, tariff_id=keys[-1], place=place)
        await tx.run(update(evse).where(evse.c.id.in_(evse_ids)).values(tariff_group_id=group))
    return keys
