"""Tags in OCPP 1.6: what is said of one (IdTagInfo, 7.27), the local list, the cache."""

from typing import Any

import msgspec

from ohmstead.simulator.authorization import Verdict
from ohmstead.simulator.configuration import LIST_MAX_LENGTH
from ohmstead.simulator.handler_context import Answer, HandlerContext, status
from ohmstead.simulator.moments import utc
from ohmstead.simulator.v16 import messages


def verdict_of(info: messages.TagInfo) -> Verdict:
    return Verdict(info.status, info.parent_id_tag, info.expiry_date and utc(info.expiry_date))


def verdict_in(answer: dict[str, Any]) -> Verdict:
    """The verdict in the answer to Authorize or StartTransaction; Invalid where there is none that makes sense."""
    try:
        return verdict_of(msgspec.convert(answer.get("idTagInfo"), messages.TagInfo))
    except msgspec.ValidationError:
        return Verdict("Invalid")


def clear_cache(context: HandlerContext, command: messages.ClearCache) -> Answer:
    if not context.station.settings.caches_tags:
        return status("Rejected")
    context.station.authorization.cache.clear()
    return status("Accepted")


def get_local_list_version(context: HandlerContext, command: messages.GetLocalListVersion) -> Answer:
    """-1 says that there is no list (1.6, 5.10)."""
    enabled = context.station.settings.lists_tags
    return Answer({"listVersion": context.station.authorization.list_version if enabled else -1})


def send_local_list(context: HandlerContext, command: messages.SendLocalList) -> Answer:
    """A differential update adds and replaces; an entry without info takes a tag off the list (1.6, 5.15)."""
    authorization = context.station.authorization
    if not context.station.settings.lists_tags:
        return status("NotSupported")
    if command.update_type == "Differential" and command.list_version <= authorization.list_version:
        return status("VersionMismatch")
    if len(command.local_authorization_list) > LIST_MAX_LENGTH:
        return status("Failed")
    kept = {} if command.update_type == "Full" else dict(authorization.local_list)
    for entry in command.local_authorization_list:
        kept.pop(entry.id_tag, None)
        if entry.id_tag_info:
            kept[entry.id_tag] = verdict_of(entry.id_tag_info)
    authorization.local_list, authorization.list_version = kept, command.list_version
    return status("Accepted")
