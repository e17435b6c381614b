"""Tokens in OCPP 2.0.1: what is said of one (IdTokenInfo, Part 2, 2.29), and the local list."""

from typing import Any

import msgspec

from ohmstead.simulator.authorization import Verdict
from ohmstead.simulator.handler_context import Answer, HandlerContext
from ohmstead.simulator.moments import utc
from ohmstead.simulator.v16 import messages as v16
from ohmstead.simulator.v16 import tags
from ohmstead.simulator.v201 import messages


def verdict_of(info: messages.TokenInfo) -> Verdict:
    expires = info.cache_expiry_date_time
    return Verdict(info.status, _group(info), expires and utc(expires))


def verdict_in(answer: dict[str, Any]) -> Verdict:
    """The verdict in the answer to Authorize or TransactionEvent; Invalid where there is none that makes sense."""
    try:
        return verdict_of(msgspec.convert(answer.get("idTokenInfo"), messages.TokenInfo))
    except msgspec.ValidationError:
        return Verdict("Invalid")


def get_local_list_version(context: HandlerContext, command: messages.GetLocalListVersion) -> Answer:
    """0 says that there is no list (2.0.1, D02)."""
    enabled = context.station.settings.lists_tags
    return Answer({"versionNumber": context.station.authorization.list_version if enabled else 0})


def send_local_list(context: HandlerContext, command: messages.SendLocalList) -> Answer:
    """A station that keeps no list fails, for 2.0.1 has no word for it."""
    entries = [_entry(one) for one in command.local_authorization_list]
    answer = tags.send_local_list(
        context,
        v16.SendLocalList(
            list_version=command.version_number, update_type=command.update_type, local_authorization_list=entries
        ),
    )
    return Answer({"status": "Failed"}) if answer.payload["status"] == "NotSupported" else answer


def _entry(entry: messages.ListEntry) -> v16.ListEntry:
    info = entry.id_token_info
    return v16.ListEntry(
        id_tag=entry.id_token.id_token,
        id_tag_info=info
        and v16.TagInfo(status=info.status, parent_id_tag=_group(info), expiry_date=info.cache_expiry_date_time),
    )


def _group(info: messages.TokenInfo) -> str | None:
    return info.group_id_token.id_token if info.group_id_token else None
