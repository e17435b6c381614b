"""IdTagInfo: the verdict on a tag, as 1.6 writes it."""

from ohmstead.ocpp.timestamps import sent
from ohmstead.ocpp.v16.types import IdTagInfo, IdTagInfoStatus
from ohmstead.rooms.charging.facts import TagVerdict

STATUS: dict[str, IdTagInfoStatus] = {
    "accepted": "Accepted",
    "blocked": "Blocked",
    "expired": "Expired",
    "invalid": "Invalid",
    "concurrent": "ConcurrentTx",
    "not_at_this_location": "Blocked",  # for which 1.6 has no word of its own
    "charging_not_allowed": "Blocked",
    "no_credit": "Blocked",
}
LENGTH = 20
"""Characters of an IdToken (OCPP 1.6, section 7.28)."""


def id_tag_info(verdict: TagVerdict) -> IdTagInfo:
    """A parent too long for 1.6 stays here: its group then works only through us."""
    parent = verdict.parent if verdict.parent and len(verdict.parent) <= LENGTH else None
    expires_at = sent(verdict.expires_at) if verdict.expires_at else None
    return IdTagInfo(status=STATUS[verdict.status], expiry_date=expires_at, parent_id_tag=parent)
