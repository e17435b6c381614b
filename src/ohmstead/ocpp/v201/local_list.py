"""SendLocalList and GetLocalListVersion: the tokens a station admits by itself, and their version."""

from ohmstead.ocpp.timestamps import sent
from ohmstead.ocpp.v201.tokens import card, central, contract
from ohmstead.ocpp.v201.types import (
    AuthorizationData,
    GetLocalListVersionRequest,
    GetLocalListVersionResponse,
    IdTokenInfoType,
    SendLocalListRequest,
)
from ohmstead.rooms.devices.stations import GetLocalListVersion, LocalTag, Outcome, SendLocalList


def send(command: SendLocalList) -> SendLocalListRequest:
    """An empty list is left out: it may not be empty, and without it the station clears what it has (D01)."""
    return SendLocalListRequest(
        version_number=command.version,
        update_type="Differential" if command.adds else "Full",
        local_authorization_list=[_entry(tag) for tag in command.tags] or None,
    )


def ask_version(command: GetLocalListVersion) -> GetLocalListVersionRequest:
    return GetLocalListVersionRequest()


def version(response: GetLocalListVersionResponse) -> Outcome:
    """The response has no status; a station that answers has agreed."""
    return Outcome(status="Accepted", list_version=response.version_number)


def _entry(tag: LocalTag) -> AuthorizationData:
    """Only tags that may charge are on the list; an entry without a verdict goes (D01)."""
    token = contract(tag.id_tag) if tag.is_emaid else card(tag.id_tag)
    if not tag.admitted:
        return AuthorizationData(id_token=token)
    info = IdTokenInfoType(
        status="Accepted",
        cache_expiry_date_time=sent(tag.expires_at) if tag.expires_at else None,
        group_id_token=central(tag.parent) if tag.parent else None,
    )
    return AuthorizationData(id_token=token, id_token_info=info)
