"""Tokens and the verdicts on them, as 2.0.1 writes them."""

from ohmstead.ocpp.timestamps import sent
from ohmstead.ocpp.v201.displays import content
from ohmstead.ocpp.v201.types import AuthorizationStatusEnumType, IdTokenInfoType, IdTokenType
from ohmstead.rooms.charging.facts import TagVerdict

STATUS: dict[str, AuthorizationStatusEnumType] = {
    "accepted": "Accepted",
    "blocked": "Blocked",
    "expired": "Expired",
    "invalid": "Invalid",
    "concurrent": "ConcurrentTx",
    "not_at_this_location": "NotAtThisLocation",
    "charging_not_allowed": "NotAtThisLocation",
    "no_credit": "NoCredit",
}


def id_token_info(verdict: TagVerdict) -> IdTokenInfoType:
    return IdTokenInfoType(
        status=STATUS[verdict.status],
        cache_expiry_date_time=sent(verdict.expires_at) if verdict.expires_at else None,
        group_id_token=central(verdict.parent) if verdict.parent else None,
        evse_id=list(verdict.evses) or None,
        personal_message=content(verdict.message) if verdict.message else None,
    )


def central(value: str) -> IdTokenType:
    """A token that exists here and on no card."""
    return IdTokenType(id_token=value, type="Central")


def contract(value: str) -> IdTokenType:
    """A contract's token, its EMAID."""
    return IdTokenType(id_token=value, type="eMAID")


def card(value: str) -> IdTokenType:
    """A card's token; of which kind its reader has to be, nobody told us."""
    return IdTokenType(id_token=value, type="ISO14443")
