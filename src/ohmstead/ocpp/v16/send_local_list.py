"""SendLocalList: the tags a station admits by itself, all of them or what has changed: one that comes without its
verdict goes."""

from ohmstead.ocpp.timestamps import sent
from ohmstead.ocpp.v16.types import IdTagInfo, LocalAuthorizationList, SendLocalListRequest
from ohmstead.rooms.devices.stations import LocalTag, SendLocalList


def request(command: SendLocalList) -> SendLocalListRequest:
    return SendLocalListRequest(
        list_version=command.version,
        update_type="Differential" if command.adds else "Full",
        local_authorization_list=[_entry(tag) for tag in command.tags],
    )


def _entry(tag: LocalTag) -> LocalAuthorizationList:
    """Only tags that may charge are on the list; the others go."""
    if not tag.admitted:
        return LocalAuthorizationList(id_tag=tag.id_tag)
    expiry = sent(tag.expires_at) if tag.expires_at else None
    info = IdTagInfo(status="Accepted", expiry_date=expiry, parent_id_tag=tag.parent)
    return LocalAuthorizationList(id_tag=tag.id_tag, id_tag_info=info)
