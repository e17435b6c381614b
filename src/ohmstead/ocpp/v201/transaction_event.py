"""TransactionEvent: a transaction began, went on or ended (OCPP 2.0.1 Part 2, chapter E).

A transaction may begin with the cable, long before anybody may charge: a charge begins with the first event that names
a token, an order from afar or a flowing current. `seqNo` is not believed: there are stations that always send 0. What
is told again, or a name that is known, changes nothing.
"""

from ohmstead.ocpp.timestamps import utc
from ohmstead.ocpp.v201.samples import first_register, last_register, samples, signed
from ohmstead.ocpp.v201.status_notification import changed
from ohmstead.ocpp.v201.tokens import id_token_info
from ohmstead.ocpp.v201.types import TransactionEventRequest, TransactionEventResponse
from ohmstead.ocpp.versions import Arrival
from ohmstead.rooms.charging.facts import ChargeStarted, ChargeStopped, Metered, TagVerdict
from ohmstead.rooms.network.facts import HardwareStatus

STATUS: dict[str, HardwareStatus] = {
    "Charging": "charging",
    "EVConnected": "preparing",
    "SuspendedEV": "suspendedEV",
    "SuspendedEVSE": "suspendedEVSE",
}
MOST_AT_ONCE = 256
FLOWS = {"Charging", "SuspendedEV", "SuspendedEVSE"}


async def answer(request: TransactionEventRequest, at: Arrival) -> TransactionEventResponse:
    ended = request.event_type == "Ended"
    place = _place(request, at)
    verdict = await (_stopped(request, at, place) if ended else _went_on(request, at, place))
    await _tell_status(request, at, place)
    told = id_token_info(verdict) if request.id_token and verdict else None
    return TransactionEventResponse(id_token_info=told)


async def _went_on(request: TransactionEventRequest, at: Arrival, place: int | None) -> TagVerdict | None:
    verdict = await _started(request, at, place) if _charges(request) else None
    await _metered(request, at, place)
    return verdict


def _charges(request: TransactionEventRequest) -> bool:
    told = request.transaction_info
    flows = request.event_type == "Started" or request.trigger_reason == "ChargingStateChanged"
    return bool(_tag(request)) or told.remote_start_id is not None or (flows and told.charging_state in FLOWS)


async def _started(request: TransactionEventRequest, at: Arrival, place: int | None) -> TagVerdict:
    told = request.transaction_info
    _, verdict = await at.rooms.charge_started(
        ChargeStarted(
            charge_point_id=at.charge_point_id,
            evse_network_id=place or 0,
            id_tag=_tag(request),
            meter_wh=first_register(samples(request.meter_value or (), at.units)),
            at=utc(request.timestamp),
            reservation_id=request.reservation_id,
            ref=f"{told.transaction_id}/{utc(request.timestamp).isoformat()}",
            received_at=at.received_at,
            transaction_ref=told.transaction_id,
            remote_start_id=told.remote_start_id,
            is_first=request.event_type == "Started",
        )
    )
    return verdict


async def _metered(request: TransactionEventRequest, at: Arrival, place: int | None) -> None:
    readings = request.meter_value or ()
    if readings:
        await at.rooms.metered(
            Metered(
                charge_point_id=at.charge_point_id,
                evse_network_id=place,
                transaction_id=None,
                samples=samples(readings, at.units),
                signed=signed(readings),
                received_at=at.received_at,
                transaction_ref=request.transaction_info.transaction_id,
            )
        )


async def _stopped(request: TransactionEventRequest, at: Arrival, place: int | None) -> TagVerdict | None:
    readings = request.meter_value or ()
    found = samples(readings, at.units)
    return await at.rooms.charge_stopped(
        ChargeStopped(
            charge_point_id=at.charge_point_id,
            transaction_id=None,
            id_tag=_tag(request) or None,
            meter_wh=last_register(found),
            at=utc(request.timestamp),
            reason=request.transaction_info.stopped_reason or None,
            samples=found,
            signed=signed(readings),
            received_at=at.received_at,
            transaction_ref=request.transaction_info.transaction_id,
            evse_network_id=place,
        )
    )


async def _tell_status(request: TransactionEventRequest, at: Arrival, place: int | None) -> None:
    """The charging state is finer than what a status says (Occupied); told late, it is history."""
    status = STATUS.get(request.transaction_info.charging_state or "")
    if status is None or place is None or request.offline:
        return
    if request.event_type == "Ended":
        status = "finishing"
    await at.rooms.status_changed(changed(at, place, status, utc(request.timestamp)))


def _place(request: TransactionEventRequest, at: Arrival) -> int | None:
    """The EVSE, as this or an earlier event of the transaction told."""
    name = request.transaction_info.transaction_id
    known = at.places.pop(name, None)
    place = request.evse.id if request.evse else known
    if place is not None and request.event_type != "Ended":
        at.places[name] = place
        if len(at.places) > MOST_AT_ONCE:
            del at.places[next(iter(at.places))]
    return place


def _tag(request: TransactionEventRequest) -> str:
    return request.id_token.id_token if request.id_token else ""
