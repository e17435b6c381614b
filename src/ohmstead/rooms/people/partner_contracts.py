"""Partner contracts: for which months a partner is bound, what its tokens may do, and how what is earned is shared.

A contract runs whole months (UTC), and a partner has one at a time. One that renews itself is prolonged by its own
length when it ends, unless another of the partner's follows.
"""

from datetime import UTC, datetime, time, timedelta
from typing import Annotated, Literal

from msgspec import UNSET, Meta
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    Text,
    bindparam,
    false,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB

from ohmstead.engines.schedules import months_later
from ohmstead.kit.access import PARTNER, Access
from ohmstead.kit.db import Row, Statement, Tx, table, timestamp
from ohmstead.kit.errors import Conflict, Forbidden
from ohmstead.kit.facts import RowChanged
from ohmstead.kit.filters import changed
from ohmstead.kit.money import Percent, Price
from ohmstead.kit.operations import Actor
from ohmstead.kit.paging import Pages
from ohmstead.kit.parts import Merged
from ohmstead.kit.resources import Resource
from ohmstead.kit.versions import Version
from ohmstead.kit.views import Id, Opt, ReadOnly, View
from ohmstead.kit.writes import Write
from ohmstead.rooms.people.partners import partner, partners
from ohmstead.rooms.people.user_views import Short
from ohmstead.store.due_work import DueWork

partner_contract = table(
    "partner_contract",
    Column("partner_id", BigInteger, ForeignKey("partner.id"), nullable=False),
    Column("title", Text, nullable=False),
    timestamp("start_date"),  # the first moment of its first month
    timestamp("end_date"),  # the last second of its last month; NULL: it has no end
    Column("months", Integer),  # its length as it was agreed
    Column("auto_renewal", Boolean, nullable=False, server_default="false"),
    Column("external_id", Text),
    Column("access_and_permissions", JSONB, nullable=False, server_default="{}"),
    Column("revenue_sharing", JSONB, nullable=False, server_default="{}"),
    Column("monthly_platform_fees", JSONB, nullable=False, server_default="{}"),
    Index(None, "partner_id", "start_date"),
)
_own = partner_contract.c

Permission = Literal[
    "sessionsRemoteControl", "startReservation", "stopReservation", "resetChargePoint", "firmwareUpdate"
]
Fee = Annotated[Opt[Price | None], Meta(description="Without tax.")]


class AccessAndPermissions(View):
    """What the partner's tokens may do at the partner's charge points; what is not said they may not."""

    sessions_remote_control: Annotated[
        Opt[bool], Meta(description="Start, stop, unlock, trigger messages, set charging profiles.")
    ] = UNSET
    start_reservation: Opt[bool] = UNSET
    stop_reservation: Opt[bool] = UNSET
    reset_charge_point: Opt[bool] = UNSET
    firmware_update: Opt[bool] = UNSET


class RevenueSharing(View):
    partner_share_percentage_ac_evse: Opt[Percent] = UNSET
    partner_share_percentage_dc_evse: Opt[Percent] = UNSET
    exclude_connection_fee: Annotated[Opt[bool], Meta(description="The operator keeps connection fees.")] = UNSET
    deduct_electricity_cost: Annotated[Opt[bool], Meta(description="The electricity is paid before sharing.")] = UNSET
    reimburse_for_electricity_cost: Annotated[
        Opt[bool], Meta(description="The partner is paid its electricity beside its share.")
    ] = UNSET
    fixed_fee_per_session_ac: Fee = UNSET
    fixed_fee_per_session_dc: Fee = UNSET
    fee_per_kwh_ac: Fee = UNSET
    fee_per_kwh_dc: Fee = UNSET
    handling_fee: Annotated[Opt[Percent | None], Meta(description="% of what the driver pays.")] = UNSET


class MonthlyPlatformFees(View):
    """Without tax."""

    per_charge_point: Opt[Price] = UNSET
    per_ac_evse: Opt[Price] = UNSET
    per_dc_evse: Opt[Price] = UNSET


class PartnerContract(View):
    id: Id
    title: Annotated[str, Meta(min_length=1, max_length=255)]
    partner_id: int
    start_date: Annotated[datetime, Meta(description="In the month from whose first day it runs.")]
    end_date: Annotated[Opt[datetime | None], Meta(description="In its last month; null: it has no end.")] = UNSET
    auto_renewal: Opt[bool] = UNSET
    external_id: Opt[Short] = UNSET
    access_and_permissions: Opt[AccessAndPermissions] = UNSET
    revenue_sharing: Opt[RevenueSharing] = UNSET
    monthly_platform_fees: Opt[MonthlyPlatformFees] = UNSET
    last_updated_at: ReadOnly[datetime]


class PartnerContractBody(PartnerContract):
    external_id: Opt[Short | None] = UNSET


class PartnerContractChanged(RowChanged, topic="partnerContract.changed"):
    """A contract was made, changed, prolonged or deleted."""


partner_contracts = Resource(
    "partner-contracts",
    partner_contract,
    tag="resource / partner contracts",
    title="Partner Contract",
    key="partnerContract",
    access=Access(sees=_own.partner_id == PARTNER, changes=false()),
    versions=[
        Version("v1.0", PartnerContract, pages=Pages.EITHER, create_view=PartnerContractBody, updates_by_put=True,
                required_on_update=("title", "partner_id", "start_date")),
    ],
    references={"partner_id": partners},
    filters=changed(_own.updated_at),
    parts={
        "access_and_permissions": Merged(_own.access_and_permissions),
        "revenue_sharing": Merged(_own.revenue_sharing),
        "monthly_platform_fees": Merged(_own.monthly_platform_fees),
    },
    changed=PartnerContractChanged,
)  # fmt: skip

_partner, _now = bindparam("partner", type_=BigInteger), bindparam("now", type_=_own.start_date.type)
_LOCKED = Statement(select(partner.c.id).where(partner.c.id == _partner).with_for_update())
_OVERLAPPING = Statement(
    select(_own.id)
    .where(_own.partner_id == _partner, _own.id != bindparam("key", type_=BigInteger))
    .where(or_(_own.end_date.is_(None), _own.end_date >= bindparam("start", type_=_own.start_date.type)))
    .where(_own.start_date <= bindparam("end", type_=_own.start_date.type))
    .limit(1)
)
_ACTIVE = Statement(
    select(_own.access_and_permissions)
    .where(_own.partner_id == _partner, _own.start_date <= _now, or_(_own.end_date.is_(None), _own.end_date >= _now))
    .limit(1)
)
_OF_PARTNER = Statement(select(_own.id).where(_own.partner_id == _partner).limit(1))
_NEVER = datetime(9999, 1, 1, tzinfo=UTC)
_SECOND = timedelta(seconds=1)


@partner_contracts.writing
async def it_runs_whole_months(write: Write) -> None:
    start, end = write.value_of("start_date"), write.value_of("end_date")
    first = _first_of(start)
    write.values["start_date"] = first
    if end is None:
        write.values |= {"end_date": None, "months": None}
        return
    last = _first_of(end, 1) - _SECOND
    write.values |= {"end_date": last, "months": _months(first, last)}
    if last < first:
        write.add_error("endDate", "The end date must be a date after or equal to start date.")


@partner_contracts.rule
async def a_partner_has_one_at_a_time(write: Write) -> None:
    key, end = write.value_of("partner_id"), write.values["end_date"]
    await write.tx.value(_LOCKED, partner=key)  # of two at once the second sees the first
    span = {"start": write.values["start_date"], "end": end or _NEVER}
    if await write.tx.value(_OVERLAPPING, partner=key, key=write.id, **span) is not None:
        write.add_error("startDate", "The partner has another contract in these months.")


@partners.deleting
async def no_contract_is_its(write: Write) -> None:
    if await write.tx.value(_OF_PARTNER, partner=write.id) is not None:
        raise Conflict("Contracts still belong to the partner.")


async def require_permission(tx: Tx, actor: Actor, permission: Permission, partner_id: int | None) -> None:
    """Forbidden where a partner's token does what the active contract of `partner_id`, whose charge point it does it
    to, does not permit. The operator's tokens may, and those of its payment terminals."""
    if actor.binding in ("", "terminal"):
        return
    permitted = await tx.value(_ACTIVE, partner=partner_id, now=tx.now)
    if not (permitted or {}).get(permission):
        raise Forbidden


class ContractRenewals(DueWork):
    """Prolongs contracts that have ended and renew themselves."""

    every_s = 60.0
    _next = partner_contract.alias("next").c
    _follows = select(_next.id).where(_next.partner_id == _own.partner_id, _next.start_date > _own.end_date).exists()
    due = Statement(
        select(_own.id, _own.end_date, _own.months)
        .where(_own.auto_renewal, _own.end_date < _now, ~_follows)
        .limit(bindparam("most", type_=Integer))
    )
    _PROLONG = Statement(
        update(partner_contract)
        .where(_own.id == bindparam("key", type_=BigInteger), _own.end_date == bindparam("ended"))
        .values(end_date=bindparam("until"), updated_at=bindparam("at"))
    )

    async def carry_out(self, row: Row) -> None:
        """By its own length, as often as it takes."""
        until, now = row["end_date"], self._clock.now()
        while until < now:
            until = _first_of(until, row["months"] + 1) - _SECOND
        async with self._database.begin() as tx:
            if await tx.run(self._PROLONG, key=row["id"], ended=row["end_date"], until=until, at=tx.now):
                tx.tell(PartnerContractChanged(id=row["id"], action="updated"))

    async def failed(self, row: Row, error: Exception) -> None:
        """It is tried again in a minute."""


def _first_of(moment: datetime, months: int = 0) -> datetime:
    """The first moment of its month, or of one some months later."""
    return datetime.combine(months_later(moment.astimezone(UTC).date(), months, 1), time(), UTC)


def _months(first: datetime, last: datetime) -> int:
    return (last.year - first.year) * 12 + last.month - first.month + 1
