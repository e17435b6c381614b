"""TransactionEvent: a transaction began, went on or ended (OCPP 2.0.1 Part 2, chapter E).

A transaction may begin with the cable, long before anybody may charge: a charge begins with the first event that names
a token, an order from afar or a flowing current. What was read before that is told all the same: the energy of a charge
is its transaction's, whichever event carries which reading (J02). `seqNo` is not believed: there are stations that
always send 0. What is told again, or a name that is known, changes nothing. What has ended has ended: what comes after,
on the same connection and under the same name, begins nothing, unless the station booted or began anew, or it was
overtaken.
"""

from ohmstead.engines.idle import Said
from ohmstead.ocpp.timestamps import utc
from ohmstead.ocpp.v201.displays import content
from ohmstead.ocpp.v201.samples import read
from ohmstead.ocpp.v201.status_notification import changed
from ohmstead.ocpp.v201.tokens import id_token_info
from ohmstead.ocpp.v201.types import TransactionEventRequest, TransactionEventResponse
from ohmstead.ocpp.versions import Arrival
from ohmstead.rooms.charging.facts import (
    ChargeStarted,
    ChargeStopped,
    ChargingStateTold,
    EndTaken,
    Meter,
    Metered,
    TagPresented,
    TagVerdict,
)
from ohmstead.rooms.charging.readings import first_register, last_register
from ohmstead.rooms.charging.token_types import BUTTON
from ohmstead.rooms.network.hardware_status import HardwareStatus

STATUS: dict[str, HardwareStatus] = {
    "Charging": "charging",
    "SuspendedEV": "suspendedEV",
    "SuspendedEVSE": "suspendedEVSE",
}
STATE: dict[str, Said] = {
    "Charging": "charging",
    "SuspendedEV": "suspended_ev",
    "SuspendedEVSE": "suspended_evse",
}
MOST_AT_ONCE = 256
OVER = 0
"""Stands for the place of a transaction that has ended: no EVSE has this number."""
FLOWS = {"Charging", "SuspendedEV", "SuspendedEVSE"}
RESUMES = {"ChargingStateChanged", "TxResumed"}
ENDS = {"Deauthorized", "EVDeparted", "EnergyLimitReached", "RemoteStop", "StopAuthorized", "TimeLimitReached"}
"""What makes a station end a transaction, now or once the cable is out."""
REASON = {
    "AbnormalCondition": "Other",
    "Deauthorized": "DeAuthorized",
    "EVCommunicationLost": "EVDisconnected",
    "EVDeparted": "EVDisconnected",
    "EnergyLimitReached": "EnergyLimitReached",
    "RemoteStop": "Remote",
    "ResetCommand": "ImmediateReset",
    "TimeLimitReached": "TimeLimitReached",
    "UnlockCommand": "UnlockCommand",
}
"""Why a transaction ended whose end names no reason, by what triggered the event."""


async def answer(request: TransactionEventRequest, at: Arrival) -> TransactionEventResponse:
    over = request.event_type == "Updated" and at.places.get(request.transaction_info.transaction_id) == OVER
    place = _place(request, at)
    if request.event_type == "Ended":
        taken = await _stopped(request, at, place)
    else:
        verdict = await _went_on(request, at, place, over)
        taken = EndTaken(verdict=verdict, message=verdict.message if verdict and not request.id_token else None)
    if not over and (status := _status(request)) and place is not None:
        await at.rooms.status_changed(changed(at, place, status, at.moment(request.timestamp), "transaction"))
    if (
        not over
        and request.event_type != "Ended"
        and (state := STATE.get(request.transaction_info.charging_state or ""))
    ):
        await at.rooms.charging_state_told(_state(request, at, state))
    return TransactionEventResponse(
        total_cost=taken.cost,
        id_token_info=id_token_info(taken.verdict) if request.id_token and taken.verdict else None,
        updated_personal_message=content(taken.message) if taken.message else None,
    )


def forget_ended(at: Arrival) -> None:
    """After a boot names may be given anew."""
    for name in [name for name, place in at.places.items() if place == OVER]:
        del at.places[name]


async def _went_on(request: TransactionEventRequest, at: Arrival, place: int | None, over: bool) -> TagVerdict | None:
    verdict = None
    if request.trigger_reason in ENDS:
        verdict = await _judged(request, at)
    elif _charges(request):
        verdict = await _started(request, at, place, over)
    first = request.event_type == "Started" and verdict is None
    if request.meter_value or first:
        await at.rooms.metered(_metered(request, at, place, first))
    return verdict


async def _judged(request: TransactionEventRequest, at: Arrival) -> TagVerdict | None:
    """Who presents a token to stop begins nothing."""
    if not _tag(request) and _type(request) != BUTTON:
        return None
    presented = TagPresented(
        charge_point_id=at.charge_point_id,
        id_tag=_tag(request),
        received_at=at.received_at,
        token_type=_type(request),
    )
    return await at.rooms.authorize(presented)


def _charges(request: TransactionEventRequest) -> bool:
    told = request.transaction_info
    flows = request.event_type == "Started" or request.trigger_reason in RESUMES
    return request.id_token is not None or told.remote_start_id is not None or (flows and told.charging_state in FLOWS)


async def _started(request: TransactionEventRequest, at: Arrival, place: int | None, over: bool) -> TagVerdict:
    told = request.transaction_info
    _, verdict = await at.rooms.charge_started(
        ChargeStarted(
            charge_point_id=at.charge_point_id,
            evse_network_id=place or 0,
            id_tag=_tag(request),
            meter_wh=first_register(_read(request, at)[0]),
            at=at.moment(request.timestamp),
            timed=at.timed(request.timestamp),
            reservation_id=request.reservation_id,
            ref=f"{told.transaction_id}/{utc(request.timestamp).isoformat()}",
            received_at=at.received_at,
            transaction_ref=told.transaction_id,
            token_type=_type(request),
            remote_start_id=told.remote_start_id,
            is_first=request.event_type == "Started",
            after_end=over,
        )
    )
    return verdict


def _state(request: TransactionEventRequest, at: Arrival, state: Said) -> ChargingStateTold:
    return ChargingStateTold(
        charge_point_id=at.charge_point_id,
        transaction_ref=request.transaction_info.transaction_id,
        state=state,
        at=at.moment(request.timestamp),
        received_at=at.received_at,
    )


def _read(request: TransactionEventRequest, at: Arrival) -> Meter:
    return read(request.meter_value or (), at.received_at, at.units, at.moment)


def _metered(request: TransactionEventRequest, at: Arrival, place: int | None, first: bool) -> Metered:
    readings, signed = _read(request, at)
    return Metered(
        charge_point_id=at.charge_point_id,
        evse_network_id=place,
        transaction_id=None,
        readings=readings,
        signed=signed,
        received_at=at.received_at,
        transaction_ref=request.transaction_info.transaction_id,
        began_at=at.moment(request.timestamp) if first else None,
    )


async def _stopped(request: TransactionEventRequest, at: Arrival, place: int | None) -> EndTaken:
    readings, signed = _read(request, at)
    return await at.rooms.charge_stopped(
        ChargeStopped(
            charge_point_id=at.charge_point_id,
            transaction_id=None,
            id_tag=_tag(request) or None,
            meter_wh=last_register(readings),
            at=at.moment(request.timestamp),
            timed=at.timed(request.timestamp),
            reason=request.transaction_info.stopped_reason or REASON.get(request.trigger_reason),
            readings=readings,
            signed=signed,
            received_at=at.received_at,
            transaction_ref=request.transaction_info.transaction_id,
            token_type=_type(request),
            evse_network_id=place,
        )
    )


def _status(request: TransactionEventRequest) -> HardwareStatus | None:
    """The charging state is finer than what a status says (Occupied); told late, it is history. Of a cable that is out
    the station tells by itself."""
    if request.offline:
        return None
    state, trigger = request.transaction_info.charging_state, request.trigger_reason
    if request.event_type == "Ended":
        return None if state == "Idle" or trigger in ("EVDeparted", "EVCommunicationLost") else "finishing"
    if state in ("Idle", "EVConnected"):
        return "finishing" if trigger in ENDS else "preparing"
    return STATUS.get(state or "")


def _place(request: TransactionEventRequest, at: Arrival) -> int | None:
    """The EVSE, as this or an earlier event of the transaction told."""
    name = request.transaction_info.transaction_id
    known = at.places.pop(name, None)
    place = request.evse.id if request.evse else known or None
    over = request.event_type == "Ended" or (known == OVER and request.event_type == "Updated")
    if over or place is not None:
        at.places[name] = OVER if over else place or OVER
        if len(at.places) > MOST_AT_ONCE:
            del at.places[next(iter(at.places))]
    return place


def _tag(request: TransactionEventRequest) -> str:
    return request.id_token.id_token if request.id_token else ""


def _type(request: TransactionEventRequest) -> str | None:
    return request.id_token.type if request.id_token else None
