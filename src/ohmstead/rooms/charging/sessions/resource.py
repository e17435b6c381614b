"""The resource of sessions: listing and reading, for nobody writes a session but the charge itself."""

from typing import Any, Literal, get_args

from sqlalchemy import BigInteger, ColumnElement, Double, Numeric, Text, case, cast, func, select

from ohmstead.kit.access import owned
from ohmstead.kit.facts import row_changed
from ohmstead.kit.filters import Filter, changed, equals, in_list, json_contains, one_of, since, until
from ohmstead.kit.operations import Parameter
from ohmstead.kit.paging import Pages
from ohmstead.kit.resources import Resource
from ohmstead.kit.versions import Version
from ohmstead.rooms.charging.authorizations import authorization
from ohmstead.rooms.charging.reasons import Reason
from ohmstead.rooms.charging.register import DIGITS
from ohmstead.rooms.charging.session_table import session
from ohmstead.rooms.charging.sessions.includes import INCLUDES
from ohmstead.rooms.charging.sessions.views import Interval, PaymentType, Session
from ohmstead.rooms.charging.tag_case import folded
from ohmstead.rooms.network.charge_points import charge_point
from ohmstead.rooms.network.evses import evse
from ohmstead.rooms.operator.sub_operators import of_sub_operator

_own = session.c
_extension = session.alias("extension")
_extended_by = select(_extension.c.id).where(_extension.c.original_session_id == _own.id)
_FILTERED_REASONS = tuple(
    word.replace("ev_not_connected_to_evse", "ev_not_connect_to_evse") for word in get_args(Reason)
)  # one word is another in the filter
_billed = func.coalesce(_own.billing_status, "null")
_hours = func.extract("epoch", func.coalesce(_own.stopped_at, _own.metered_at) - _own.started_at) / 3600


def _of_point(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    return _own.charge_point_id.in_(select(charge_point.c.id).where(condition))


def _booted_as(name: str) -> Any:
    return lambda value: _of_point(charge_point.c.last_boot_notification[name].astext == value)


def _has_reason(word: Any) -> ColumnElement[bool]:
    return _own.reason == case((word == "ev_not_connect_to_evse", "ev_not_connected_to_evse"), else_=word)


def _authorized_by(source: Any) -> ColumnElement[bool]:
    return _own.authorization_id.in_(select(authorization.c.id).where(authorization.c.source == source))


def _object(**members: Any) -> Any:
    """A JSON object of the members that are not null."""
    pairs = [part for name, value in members.items() for part in (name, value)]
    return func.jsonb_strip_nulls(func.jsonb_build_object(*pairs))


def _rounded(wh: Any) -> Any:
    """To 0.1 mWh: what is further behind is no energy but how floats are stored."""
    return cast(func.round(cast(wh, Numeric), DIGITS), Double)


_local = func.coalesce(_own.local_energy_wh, 0)

COLUMNS = {
    "id": cast(_own.id, Text),
    "energy": _own.energy_wh,
    "power_kw": _own.power_w / 1000,
    "amount": _own.amount_with_tax,
    "total_amount": case(
        (_own.amount_with_tax.is_not(None), _object(withTax=_own.amount_with_tax, withoutTax=_own.amount_without_tax))
    ),
    "tax": case((_own.tax_id.is_not(None), _object(taxId=_own.tax_id, taxPercentage=_own.tax_percentage))),
    "non_billable_energy": _own.non_billable_energy_wh,
    "extending_session_id": _own.original_session_id,
    "extended_by_session_id": _extended_by.scalar_subquery(),
    "external_session_id": case((_own.remote & ~_own.id_tag.startswith("*"), _own.id_tag)),
    "evse_physical_reference": select(evse.c.physical_reference).where(evse.c.id == _own.evse_id).scalar_subquery(),
    "energy_consumption": _object(
        total=_own.energy_wh, local=_own.local_energy_wh, grid=_rounded(_own.energy_wh - _local)
    ),
    "power": func.jsonb_build_object(
        "latest", _own.power_w, "peak", _own.peak_power_w,
        "average", case((_hours > 0, func.round(cast(_own.energy_wh / _hours, Numeric), 1))),
    ),
}  # fmt: skip

sessions = Resource(
    "sessions",
    session,
    tag="resource / sessions",
    title="Session",
    key="session",
    access=owned(_own.partner_id),
    versions=[
        Version(
            "v1.0",
            Session,
            pages=Pages.EITHER,
            verbs=("list", "read"),
            parameters=(
                Parameter("clockAlignedInterval", Interval, 15, "Minutes between the marks of the clock."),
                Parameter("withChargingPeriodsPriceBreakdown", bool, False, "Only together with withChargingPeriods."),
            ),
        )
    ],
    columns=COLUMNS,
    includes=INCLUDES,
    filters=(
        equals("evseId", _own.evse_id, int),
        equals("chargePointId", _own.charge_point_id, int),
        Filter("evsePhysicalReference", str,
               lambda value: _own.evse_id.in_(select(evse.c.id).where(evse.c.physical_reference == value)), Text()),
        Filter("chargePointNetworkId", str, lambda value: _of_point(charge_point.c.network_id == value), Text()),
        Filter("reason", Literal[_FILTERED_REASONS], _has_reason, Text()),  # type: ignore[valid-type]
        Filter("chargePointBootNotificationSerialNumber", str, _booted_as("chargePointSerialNumber"), Text()),
        Filter("chargePointBootNotificationVendor", str, _booted_as("vendor"), Text()),
        since("startedAfter", _own.started_at),
        until("startedBefore", _own.started_at),
        equals("userId", _own.user_id, int),
        one_of("status", _own.status, "unknown", "pending", "active", "finished", "expired", "failed"),
        since("endedAfter", _own.stopped_at),
        until("endedBefore", _own.stopped_at),
        equals("partnerId", _own.partner_id, int),
        Filter("subOperatorId", int, lambda key: of_sub_operator(_own.partner_id, key), BigInteger()),
        Filter("idTag", str, lambda value: folded(value) == folded(_own.id_tag), Text()),
        one_of("paymentType", _own.payment_type, *get_args(PaymentType)),
        one_of("paymentStatus", _own.payment_status, "pending", "paid", "partially", "failed"),
        equals("taxId", _own.tax_id, int),
        until("paymentStatusUpdatedBefore", _own.payment_status_updated_at),
        since("paymentStatusUpdatedAfter", _own.payment_status_updated_at),
        json_contains("externalAppData", _own.external_app_data),
        equals("receiptId", _own.receipt_id, int),
        Filter("authorizationSource", Literal["roaming", "local", "third_party"], _authorized_by, Text()),
        one_of("billingStatus", _billed, "pending", "suspended", "completed", "null"),
        equals("terminalId", _own.terminal_id, int),
        *changed(_own.updated_at),
        in_list("roaming.roamingOperatorCpoIds", cast(_own.roaming["roamingOperatorCpoId"].astext, BigInteger), int),
    ),
    changed=row_changed("session"),
)  # fmt: skip
