"""What the embedded gateway was asked for, and what it told of that: for those who look whether the books agree."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from msgspec import Meta
from sqlalchemy import ARRAY, BigInteger, any_, bindparam, select, update

from ohmstead.kit.access import OPERATOR
from ohmstead.kit.db import Row, Statement
from ohmstead.kit.errors import NotFound
from ohmstead.kit.filters import selected_filters
from ohmstead.kit.groups import Group
from ohmstead.kit.operations import Call
from ohmstead.kit.paging import Listing, Pages
from ohmstead.kit.views import Id, View
from ohmstead.rooms.billing.gateways.embedded.known_cards import Step
from ohmstead.rooms.billing.gateways.embedded.tables import (
    embedded_call,
    embedded_card,
    embedded_event,
    embedded_payment,
)

_own, _call, _event = embedded_payment.c, embedded_call.c, embedded_event.c


class AskedCall(View):
    """Something it was asked to do."""

    key: Annotated[str, Meta(description="Of who asked.")]
    step: Step
    amount: Decimal
    times: Annotated[int, Meta(description="How often it was asked with this key. It was done once.")]
    at: datetime


class ToldEvent(View):
    """Something it tells."""

    id: int
    type: str
    sent_at: Annotated[datetime | None, Meta(description="When it was last taken.")]
    due_at: Annotated[datetime | None, Meta(description="When it is sent next; null: by itself it is not.")]


class EmbeddedPayment(View):
    id: Id
    reference: str
    description: str
    brand: str
    last4: str
    amount: Annotated[Decimal, Meta(description="That was to be held.")]
    currency: str
    state: Literal["authorized", "captured", "voided", "declined"]
    reason: str | None
    authorized: Decimal
    captured: Decimal
    refunded: Decimal
    calls: list[AskedCall]
    events: list[ToldEvent]
    created_at: datetime


_PLAIN = (
    "id", "reference", "description", "amount", "currency", "state", "reason", "authorized", "captured", "refunded",
    "created_at",
)  # fmt: skip
_CARD = embedded_card.c["brand", "last4"]
_PAYMENTS = Listing(select(*_own[*_PLAIN], *_CARD).join(embedded_card, embedded_card.c.id == _own.card_id))
_ids = bindparam("ids", type_=ARRAY(BigInteger))
_CALLS = Statement(select(embedded_call).where(_call.payment_id == any_(_ids)).order_by(_call.id))
_EVENTS = Statement(select(embedded_event).where(_event.payment_id == any_(_ids)).order_by(_event.id))
_AGAIN = Statement(
    update(embedded_event)
    .where(_event.id == bindparam("key", type_=BigInteger))
    .values(due_at=bindparam("now", type_=_event.due_at.type), updated_at=bindparam("now"), failures=0)
)

group = Group("internal / embedded-gateway", "internal/embedded-gateway/", "embedded-gateway", access=OPERATOR)


@group.get("v1.0/payments", "Embedded gateway / Payments", gives=EmbeddedPayment, pages=Pages.CURSOR)
async def listed(call: Call) -> dict[str, Any]:
    """What the embedded gateway was asked for, each call and how often it came, and the events that it told."""
    selected_filters({}, call.query.filters)  # it has none
    rows, around = await _PAYMENTS.page(call.tx, call.url, call.query)
    ids = [row["id"] for row in rows]
    calls = _by_payment(await call.tx.all(_CALLS, ids=ids))
    events = _by_payment(await call.tx.all(_EVENTS, ids=ids))
    shown = [_shown(row, calls[row["id"]], events[row["id"]]) for row in rows]
    return {"data": shown} | around


@group.post("v1.0/events/{event}/resend", "Embedded gateway / Send an event again")
async def resend(call: Call) -> None:
    """Send an event again, or for the first time where it is not sent by itself."""
    if not await call.tx.run(_AGAIN, key=call.key("event"), now=call.now):
        raise NotFound.model("event", call.path["event"])


def _by_payment(rows: list[Row]) -> Mapping[int, list[Row]]:
    found: defaultdict[int, list[Row]] = defaultdict(list)
    for row in rows:
        found[row["payment_id"]].append(row)
    return found


def _shown(row: Row, calls: list[Row], events: list[Row]) -> EmbeddedPayment:
    asked = [AskedCall(**{name: one[name] for name in ("key", "step", "amount", "times")}, at=one["created_at"])
             for one in calls]  # fmt: skip
    told = [ToldEvent(**{name: one[name] for name in ("id", "sent_at", "due_at")}, type=one["kind"]) for one in events]
    return EmbeddedPayment(**row, calls=asked, events=told)
