"""Subscriptions as the API shows them."""

from datetime import datetime
from typing import Annotated

from msgspec import UNSET, Meta
from sqlalchemy import ARRAY, BigInteger, bindparam, false, select

from ohmstead.kit.access import PARTNER, Access
from ohmstead.kit.db import Statement, Tx
from ohmstead.kit.filters import equals, is_true, one_of, since, until
from ohmstead.kit.paging import Pages
from ohmstead.kit.rendering import RenderContext
from ohmstead.kit.resources import Resource
from ohmstead.kit.versions import Include, Version
from ohmstead.kit.views import Id, Opt, ReadOnly, View
from ohmstead.rooms.billing.durable_facts import SubscriptionStatus
from ohmstead.rooms.billing.subscriptions.allowance import remaining
from ohmstead.rooms.billing.subscriptions.budgets import Kind
from ohmstead.rooms.billing.subscriptions.table import subscription
from ohmstead.rooms.people.users import ev_user

_own = subscription.c
_ROWS = Statement(select(subscription).where(_own.id == bindparam("ids", type_=ARRAY(BigInteger)).any_()))
_subscriber = select(ev_user.c.id).where(ev_user.c.id == _own.user_id, ev_user.c.partner_id == PARTNER)


class Remaining(View):
    combined: Opt[float | None] = UNSET
    ac: Opt[float | None] = UNSET
    dc: Opt[float | None] = UNSET


class Subscription(View):
    id: Id
    plan_id: int
    user_id: int
    start_date: datetime
    end_date: Annotated[datetime, Meta(description="Of the period that runs, or ran last.")]
    status: SubscriptionStatus
    status_date: datetime
    remaining_allowance: Annotated[Opt[Remaining | None], Meta(description="In its cycle that runs, kWh.")] = UNSET
    remaining_free_renewal_periods: Opt[int | None] = UNSET
    should_use_external_billing: Annotated[Opt[bool], Meta(description="Whether another system collects.")] = UNSET
    last_updated_at: ReadOnly[Opt[datetime]] = UNSET


async def _remaining(tx: Tx, ids: list[int], context: RenderContext) -> dict[int, dict[Kind, float]]:
    return await remaining(tx, await tx.all(_ROWS, ids=ids), tx.now)


subscriptions = Resource(
    "subscriptions",
    subscription,
    tag="resource / subscriptions",
    title="Subscription",
    key="subscription",
    access=Access(_subscriber.exists(), false()),  # of a partner's users
    where=_own.status != "failed",
    versions=[
        Version("v1.0", Subscription, pages=Pages.EITHER, verbs=("list", "read"), extra_statuses={"list": (422,)})
    ],
    includes=(Include("remainingAllowance", _remaining, always=True),),
    filters=[
        equals("planId", _own.plan_id, int),
        since("endDateFrom", _own.ends_at),
        until("endDateTo", _own.ends_at),
        one_of("status", _own.status, "active", "canceled", "expired", "suspended", "pending"),
        is_true("billedExternally", _own.external),
    ],
    columns={
        "start_date": _own.started_at,
        "end_date": _own.ends_at,
        "status_date": _own.status_at,
        "remaining_free_renewal_periods": _own.free_periods_left,
        "should_use_external_billing": _own.external,
    },
)
