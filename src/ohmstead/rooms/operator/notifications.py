"""Notifications: what clients are told of this room, each fact with its event and its payload."""

from typing import Literal

from msgspec import UNSET

from ohmstead.kit.notifications import Notification, Table
from ohmstead.kit.views import Opt, View
from ohmstead.rooms.operator.contents import Moment
from ohmstead.rooms.operator.sub_operators import SubOperatorChanged


class OneSubOperator(View):
    id: Opt[int] = UNSET


class SubOperatorNotification(View):
    sub_operator: OneSubOperator
    action: Literal["created", "deleted"]
    last_updated_at: Moment


def _sub_operator(fact: SubOperatorChanged, at: str) -> SubOperatorNotification | None:
    if fact.action == "updated":
        return None
    return SubOperatorNotification(sub_operator=OneSubOperator(id=fact.id), action=fact.action, last_updated_at=at)


NOTIFICATIONS: Table = (
    Notification(
        "SubOperatorChangedNotification", SubOperatorChanged, SubOperatorNotification, _sub_operator, "subOperator",
        "sub-operators",
    ),
)  # fmt: skip
