"""Every listing of the product, and rows for it to show, made from the declarations."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

from sqlalchemy import Table, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as pg_insert

from ohmstead.app import rooms
from ohmstead.engines.quarter_hours import QUARTER, begun
from ohmstead.kit.db import Tx
from ohmstead.kit.operations import Operation
from ohmstead.kit.paging import Pages
from ohmstead.kit.resources import Resource
from ohmstead.rooms.billing.custom_fees import custom_fee
from ohmstead.rooms.billing.gateways.embedded.tables import embedded_payment
from ohmstead.rooms.billing.methods.table import payment_method
from ohmstead.rooms.billing.subscriptions.table import subscription
from ohmstead.rooms.billing.transactions.table import payment_transaction
from ohmstead.rooms.charging.booking_table import booking
from ohmstead.rooms.charging.reservations.table import reservation
from ohmstead.rooms.charging.sessions import session
from ohmstead.rooms.devices.communication.log import communication_log
from ohmstead.rooms.devices.events import station_event
from ohmstead.rooms.devices.firmware.versions import firmware_version_model
from ohmstead.rooms.devices.presence.status_log import hardware_status_log
from ohmstead.rooms.network.charge_points import charge_point
from ohmstead.rooms.network.charge_points.shared_partners import shared_partner
from ohmstead.rooms.network.charge_points.shares import charge_point_share
from ohmstead.rooms.network.models.resource import charge_point_model as model
from ohmstead.rooms.notices.tables import notification_event, notification_subscription
from ohmstead.rooms.people.partners import partner
from ohmstead.rooms.people.users import ev_user
from ohmstead.rooms.power.flexibility.series import slot_id
from ohmstead.rooms.power.flexibility.table import flexibility_energy
from tests.client import Client
from tests.fuzz_world import FuzzWorld
from tests.multiplied import multiply

FEW, MANY = 3, 12
Grow = Callable[[Tx, FuzzWorld, int], Awaitable[None]]
API = "/public-api"
LISTINGS = [one for one in rooms.OPERATIONS if one.method == "GET" and one.pages not in (None, Pages.ALONE)]
_PERIODS = "/resources/electricity-rates/v2.0/{electricityRate}/price-periods"
FEWER = {
    f"{_PERIODS}/week-day": "a week has seven days",
    _PERIODS: "those, and the dates, which are tried by themselves",
}
"""Listings that never are long, and why."""


def resource_of(operation: Operation) -> Resource | None:
    """The resource that an operation follows from."""
    exported = (one for name in dir(rooms) for one in getattr(getattr(rooms, name), "OPERATIONS", ()))
    resources = (one for one in exported if isinstance(one, Resource))
    return next((one for one in resources if operation in (one.operations or ())), None)


async def _frames(tx: Tx, world: FuzzWorld, copies: int) -> None:
    point = {"charge_point_id": world.ids["chargePoint"], "direction": "in", "raw": "[]"}
    for number in range(copies + 1):
        await tx.run(insert(communication_log).values(**point, at=tx.now - timedelta(seconds=number)))


async def _events(tx: Tx, world: FuzzWorld, copies: int) -> None:
    event = {"charge_point_id": world.ids["chargePoint"], "component": "c", "evse_network_id": 0, "variable": "v",
             "value": "1", "trigger": "Delta", "kind": "HardWiredNotification", "cleared": False}  # fmt: skip
    for number in range(copies + 1):
        told = {
            "at": tx.now - timedelta(seconds=number),
            "received_at": tx.now,
            "ref": f"{copies}/{number}",
            "number": number,
        }
        await tx.run(insert(station_event).values(**event, **told))


async def _cards(tx: Tx, world: FuzzWorld, copies: int) -> None:
    row = dict(await tx.one(select(payment_method).where(payment_method.c.id == world.ids["paymentMethodId"])))
    await multiply(tx, payment_method, row | {"is_default": False}, copies)


async def _models(tx: Tx, world: FuzzWorld, copies: int) -> None:
    version, times = world.ids["firmwareVersion"], {"created_at": tx.now, "updated_at": tx.now}
    row = await tx.one(select(model).where(model.c.id == world.ids["modelId"]))
    await multiply(tx, model, dict(row), copies)
    for key in await tx.all(select(model.c.id)):
        link = pg_insert(firmware_version_model).values(firmware_version_id=version, model_id=key[0], **times)
        await tx.run(link.on_conflict_do_nothing())


async def _hardware_statuses(tx: Tx, world: FuzzWorld, copies: int) -> None:
    """Of the charge point itself: those of its EVSEs are in the same table."""
    row = await tx.one(select(hardware_status_log).where(hardware_status_log.c.evse_id.is_(None)))
    await multiply(tx, hardware_status_log, dict(row), copies)


async def _quarters(tx: Tx, world: FuzzWorld, copies: int) -> None:
    """Of the last week, so that the coming one may be forecast."""
    asset, start = world.ids["flexibilityAsset"], begun(tx.now) - timedelta(days=6)
    known = await tx.value(select(func.count()).select_from(flexibility_energy))
    for slot in (start + (known + number) * QUARTER for number in range(copies + 1)):
        row = {"id": slot_id(asset, slot), "asset_id": asset, "start_time": slot, "energy": 100}
        await tx.run(insert(flexibility_energy).values(row))


def _beside(linked: Table, table: Table, other: str) -> Grow:
    """Rows of `table`, each to another row of `linked` that the charge point is with already."""

    async def grow(tx: Tx, world: FuzzWorld, copies: int) -> None:
        row = await tx.one(select(linked).order_by(linked.c.id).limit(1))
        await multiply(tx, linked, dict(row), copies)
        point, times = {"charge_point_id": world.ids["chargePoint"]}, {"created_at": tx.now, "updated_at": tx.now}
        for key in await tx.all(select(linked.c.id)):
            await tx.run(pg_insert(table).values({other: key[0], **point, **times}).on_conflict_do_nothing())

    return grow


async def _deliveries(tx: Tx, world: FuzzWorld, copies: int) -> None:
    """Of events of their own."""
    await multiply(tx, notification_event, dict(await tx.one(select(notification_event))), copies)


def _copies_of(table: Table, key: str) -> Grow:
    async def grow(tx: Tx, world: FuzzWorld, copies: int) -> None:
        row = await tx.one(select(table).where(table.c.id == world.ids[key]))
        await multiply(tx, table, dict(row), copies)

    return grow


async def _fees(tx: Tx, world: FuzzWorld, copies: int) -> None:
    """Each with the transaction that paid it."""
    paid = select(custom_fee.c.transaction_id).where(custom_fee.c.id == world.ids["customFee"])
    row = await tx.one(select(payment_transaction).where(payment_transaction.c.id == paid.scalar_subquery()))
    await multiply(tx, payment_transaction, dict(row), copies)


async def _embedded_payments(tx: Tx, world: FuzzWorld, copies: int) -> None:
    row = await tx.one(select(embedded_payment).limit(1))
    await multiply(tx, embedded_payment, dict(row), copies)


async def _ended(tx: Tx, world: FuzzWorld, copies: int) -> None:
    """Of one user one lives."""
    found = await tx.one(select(subscription).where(subscription.c.id == world.ids["subscription"]))
    await multiply(tx, subscription, dict(found) | {"status": "expired", "due_at": None}, copies)


GROWN: dict[str, Grow] = {
    "/internal/embedded-gateway/v1.0/payments": _embedded_payments,
    "/resources/custom-fees/v2.0": _fees,
    "/internal/notification-deliveries/v1.0": _deliveries,
    "/notifications/v1.0": _copies_of(notification_subscription, "notification"),
    "/notifications/v2.0": _copies_of(notification_subscription, "notification"),
    "/internal/sessions/v1.0": _copies_of(session, "session"),
    "/internal/communication-log/v1.0": _frames,
    "/internal/station-events/v1.0": _events,
    "/resources/charge-points/v2.0/{chargePoint}/hardware-status-logs": _hardware_statuses,
    "/resources/firmware-versions/v1.0/{firmwareVersion}/attached-models": _models,
    "/resources/charge-points/v2.0/{chargePoint}/shares": _beside(ev_user, charge_point_share, "user_id"),
    "/resources/charge-points/v2.0/{chargePoint}/shared-partners": _beside(partner, shared_partner, "partner_id"),
    "/resources/flexibility-assets/v1.0/{flexibilityAsset}/historical-time-series": _quarters,
    "/resources/flexibility-assets/v1.0/{flexibilityAsset}/time-series-forecast": _quarters,
    "/resources/subscriptions/v1.0": _ended,
    "/resources/users/v1.0/{user}/payment-methods": _cards,
    "/resources/circuits/v2.0/{circuit}/charge-point-priorities": _copies_of(charge_point, "chargePoint"),
}
"""Listings whose rows are no copies of the first: they follow from no resource, or one is there once."""


async def grown(api: Client, world: FuzzWorld, operation: Operation, copies: int) -> None:
    """So many rows more for a listing to show: copies of the first one that it shows."""
    resource, grow = resource_of(operation), GROWN.get(operation.path.removeprefix(API))
    async with world.given.system.database.begin() as tx:
        await tx.run(update(session).values(status="finished"))
        await tx.run(update(reservation).values(status="expired"))
        await tx.run(update(booking).values(status="cancelled"))
        if grow is not None:
            await grow(tx, world, copies)
            return
        assert resource is not None, "of which table it shows rows is to be said in GROWN"
        table, shown = resource.table, (await api.get(world.path(operation))).data
        assert shown, "the world has none"
        query = select(table).order_by(table.c.id).limit(1)
        if resource.by is not None:
            query = query.where(resource.by.column.is_not(None))
        elif "id" in shown[0]:
            query = query.where(table.c.id == int(shown[0]["id"]))
        elif resource.parent is not None:
            query = query.where(resource.parent.column == world.ids[resource.parent.resource.key])
        await multiply(tx, table, dict(await tx.one(query)), copies)
