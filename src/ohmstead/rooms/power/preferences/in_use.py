"""What preferences refer to stays while they do: integrations, electricity rates, taxes."""

from sqlalchemy import BigInteger, ColumnElement, bindparam, cast, select

from ohmstead.kit.db import Statement
from ohmstead.kit.errors import Conflict
from ohmstead.kit.writes import Write
from ohmstead.rooms.energy.price_integrations import price_integrations
from ohmstead.rooms.energy.rates import rates
from ohmstead.rooms.network.charge_points import charge_point
from ohmstead.rooms.operator.taxes import taxes

_set = charge_point.c.personal_smart_charging


def _naming(what: ColumnElement[str]) -> Statement:
    """A charge point whose preferences name the row of this id."""
    here = cast(what, BigInteger) == bindparam("key", type_=BigInteger)
    return Statement(select(charge_point.c.id).where(here, charge_point.c.deleted_at.is_(None)).limit(1))


_INTEGRATION, _RATE = _naming(_set["integrationId"].astext), _naming(_set["electricityRateId"].astext)
_TAX = _naming(_set[("preferences", "applicableTaxId")].astext)


async def _stays(write: Write, statement: Statement) -> None:
    if await write.tx.value(statement, key=write.id) is not None:
        raise Conflict("Owners of charge points have it in their smart charging preferences.")


@price_integrations.deleting
async def no_owner_follows_it(write: Write) -> None:
    await _stays(write, _INTEGRATION)


@rates.deleting
async def no_owner_plans_by_it(write: Write) -> None:
    await _stays(write, _RATE)


@taxes.deleting
async def no_owner_pays_it(write: Write) -> None:
    await _stays(write, _TAX)
