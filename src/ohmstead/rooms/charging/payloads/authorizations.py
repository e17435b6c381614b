"""Payloads of authorizations, now and in the words of OCPP 1.6."""

from typing import Any, Literal

from msgspec import UNSET

from ohmstead.kit.views import Opt, View
from ohmstead.rooms.charging.durable_facts import AuthorizationCreated, AuthorizationFact, AuthorizationUpdated
from ohmstead.rooms.operator.contents import Moment

_WORDS = {"expired": "Expired", "invalid": "Invalid", "concurrent": "ConcurrentTx"}
"""Why somebody may not charge; for every other reason the word is Blocked."""


class AuthorizationPayload(View):
    charge_point_id: int
    authorization_id: int
    id_tag: str
    status: Literal["Accepted", "Blocked", "Expired", "Invalid", "ConcurrentTx"]
    last_updated_at: Moment


class AuthorizationChangedPayload(View):
    authorization_id: int
    action: Literal["created", "updated"]
    charge_point_id: Opt[int] = UNSET
    id_tag: Opt[str] = UNSET
    status: Literal["accepted", "rejected", "pending"]
    last_updated_at: Moment


def authorized(fact: AuthorizationCreated, at: str) -> AuthorizationPayload | None:
    """Of those without a tag nothing is told."""
    if fact.charge_point_id is None or not fact.id_tag or fact.status not in ("accepted", "rejected"):
        return None
    word: Any = "Accepted" if fact.status == "accepted" else _WORDS.get(fact.rejection_reason or "", "Blocked")
    return AuthorizationPayload(
        charge_point_id=fact.charge_point_id,
        authorization_id=fact.id,
        id_tag=fact.id_tag,
        status=word,
        last_updated_at=at,
    )


def created(fact: AuthorizationCreated, at: str) -> AuthorizationChangedPayload | None:
    return _changed(fact, "created", at)


def updated(fact: AuthorizationUpdated, at: str) -> AuthorizationChangedPayload | None:
    return _changed(fact, "updated", at)


def _changed(
    fact: AuthorizationFact, action: Literal["created", "updated"], at: Any
) -> AuthorizationChangedPayload | None:
    status: Any = fact.status
    if status is None:  # a release told it that did not say
        return None
    return AuthorizationChangedPayload(
        authorization_id=fact.id,
        action=action,
        charge_point_id=UNSET if fact.charge_point_id is None else fact.charge_point_id,
        id_tag=fact.id_tag or UNSET,
        status=status,
        last_updated_at=at,
    )
