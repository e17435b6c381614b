"""Erasure: logs of what stations said stay, without the tags and names of a deleted user."""

from ohmstead.kit.db import Tx
from ohmstead.kit.facts import on
from ohmstead.rooms.devices.communication.log import communication_log
from ohmstead.rooms.devices.communication.security_events import security_event
from ohmstead.rooms.devices.events.table import station_event
from ohmstead.rooms.devices.presence.status_log import hardware_status_log
from ohmstead.rooms.people.erasure import UserErased
from ohmstead.rooms.people.text_erasure import TextErasure

_frame, _event = communication_log.c, station_event.c
_LOGS = (
    TextErasure(communication_log, json=[_frame.raw, _frame.answer]),
    TextErasure(station_event, plain=[_event.value, _event.tech_info]),
    TextErasure(security_event, plain=[security_event.c.tech_info]),
    TextErasure(hardware_status_log, plain=[hardware_status_log.c.info]),
)


@on(UserErased)
async def no_log_names_them(tx: Tx, fact: UserErased) -> None:
    for log in _LOGS:
        await log.run(tx, fact.texts)
