"""Payloads of sessions: that one began or ended, twice over, and the session itself."""

from datetime import datetime
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from msgspec import UNSET, Meta

from ohmstead.kit.views import Opt, View
from ohmstead.rooms.charging.durable_facts import SessionFact, SessionStarted, SessionStopped
from ohmstead.rooms.charging.reasons import Reason
from ohmstead.rooms.charging.sessions.views import Session
from ohmstead.rooms.operator.contents import Moment

Verb = Literal["start", "stop"]
Meter = Annotated[int, Meta(description="The meter's register, Wh; at the start both are the same, 0: it told none.")]


class StartStopPayloadV1(View):
    charge_point_id: int
    evse_id: int
    action: Opt[Verb] = UNSET
    session_id: int
    id_tag: Opt[str] = UNSET
    started_at_timestamp: Moment
    stopped_at_timestamp: Opt[Moment] = UNSET
    energy_consumed: Opt[float] = UNSET
    reason: Opt[Reason] = UNSET
    user_id: Opt[Annotated[int, Meta(description="Null: nobody is known, or it is a stop.")] | None] = UNSET
    external_session_id: Opt[str] = UNSET
    meter_start: Meter
    meter_stop: Meter
    last_updated_at: Moment
    external_app_data: Opt[dict[str, Any] | None] = UNSET


class StartStopPayload(View):
    session_id: int
    user_id: Opt[int] = UNSET
    charge_point_id: int
    evse_id: int
    action: Verb
    id_tag: Opt[str] = UNSET
    external_session_id: Opt[str] = UNSET
    started_at_timestamp: Moment
    meter_start: Meter
    meter_stop: Meter
    started_at_timestamp_local: Opt[Annotated[Moment, Meta(description="At the place, where its zone is known.")]] = (
        UNSET
    )
    stopped_at_timestamp: Opt[Moment] = UNSET
    stopped_at_timestamp_local: Opt[Moment] = UNSET
    energy_consumed: Opt[float] = UNSET
    reason: Opt[Reason] = UNSET
    last_updated_at: Moment
    external_app_data: Opt[dict[str, Any] | None] = UNSET


class SessionPayload(View):
    session: Session


def started(fact: SessionStarted, at: str) -> StartStopPayload | None:
    return _start_stop(fact, "start") if fact.content else None


def started_v1(fact: SessionStarted, at: str) -> StartStopPayloadV1 | None:
    if not fact.content:
        return None
    user_id = fact.content["session"]["userId"]
    return StartStopPayloadV1(action="start", user_id=user_id, **_begun(fact))


def stopped(fact: SessionStopped, at: str) -> StartStopPayload | None:
    """What never began does not stop."""
    return _start_stop(fact, "stop") if _has_ended(fact) else None


def stopped_v1(fact: SessionStopped, at: str) -> StartStopPayloadV1 | None:
    """What never began does not stop."""
    return StartStopPayloadV1(action="stop", user_id=None, **_begun(fact), **_ended(fact)) if _has_ended(fact) else None


def began(fact: SessionStarted, at: str) -> SessionPayload | None:
    """Of one that has ended already, for it was told late, its end is told at the same time."""
    return shown(fact, at) if fact.content and fact.content["session"]["status"] == "active" else None


def shown(fact: SessionFact, at: str) -> SessionPayload | None:
    """As it then was."""
    return SessionPayload(session=fact.content["session"]) if fact.content else None


def _has_ended(fact: SessionFact) -> bool:
    return bool(fact.content) and fact.content["session"]["status"] == "finished"


def _start_stop(fact: SessionFact, action: Verb) -> StartStopPayload:
    content: Any = fact.content
    session, zone = content["session"], content["timezone"]
    ended = _ended(fact) if action == "stop" else {}
    local: dict[str, Any] = {"started_at_timestamp_local": _local(session["startedAt"], zone)}
    if ended:
        local["stopped_at_timestamp_local"] = _local(session["stoppedAt"], zone)
    user_id = UNSET if session["userId"] is None else session["userId"]
    return StartStopPayload(action=action, user_id=user_id, **_begun(fact), **ended, **local)


def _begun(fact: SessionFact) -> dict[str, Any]:
    """What a start and a stop both say."""
    content: Any = fact.content
    session, start, stop = (content[name] for name in ("session", "meterStart", "meterStop"))
    return {
        "session_id": fact.id,
        "charge_point_id": session["chargePointId"],
        "evse_id": session["evseId"],
        "id_tag": session.get("idTag") or UNSET,
        "external_session_id": session.get("externalSessionId") or UNSET,
        "started_at_timestamp": session["startedAt"],
        "meter_start": round(start or 0),
        "meter_stop": round(stop or start or 0),
        "last_updated_at": session["lastUpdatedAt"],
        "external_app_data": session.get("externalAppData"),
    }


def _ended(fact: SessionFact) -> dict[str, Any]:
    content: Any = fact.content
    session = content["session"]
    return {
        "stopped_at_timestamp": session["stoppedAt"],
        "energy_consumed": session["energy"],
        "reason": session.get("reason") or UNSET,
    }


def _local(moment: str, zone: str | None) -> Any:
    """A moment as clocks at the place show it."""
    return UNSET if zone is None else datetime.fromisoformat(moment).astimezone(ZoneInfo(zone)).isoformat()
