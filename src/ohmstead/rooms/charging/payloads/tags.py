"""Payloads of reservations and ID tags: that one is another than it was."""

from typing import Literal

from msgspec import UNSET

from ohmstead.kit.facts import Action
from ohmstead.kit.views import Opt, View
from ohmstead.rooms.charging.durable_facts import IdTagChanged, ReservationChanged
from ohmstead.rooms.operator.contents import Moment


class ReservationChangedPayload(View):
    reservation_id: int
    status: Literal["active", "expired", "canceled", "done"]
    last_updated_at: Moment


class IdTagChangedPayload(View):
    id_tags_id: int
    action: Action
    last_updated_at: Opt[Moment] = UNSET


def reservation_changed(fact: ReservationChanged, at: str) -> ReservationChangedPayload | None:
    """One that its station did not take is no more."""
    if not fact.content:
        return None
    return ReservationChangedPayload(
        reservation_id=fact.id,
        status=fact.content["status"],
        last_updated_at=fact.content["lastUpdatedAt"],
    )


def tag_changed(fact: IdTagChanged, at: str) -> IdTagChangedPayload:
    return IdTagChangedPayload(id_tags_id=fact.id, action=fact.action, last_updated_at=at)
