"""Notifications: what clients are told of this room, each fact with its event and its payload."""

from msgspec import UNSET

from ohmstead.kit.facts import Action
from ohmstead.kit.notifications import Notification, Table
from ohmstead.kit.views import View
from ohmstead.rooms.operator.contents import Moment, carries
from ohmstead.rooms.tariffs.subscription_plans import SubscriptionPlanChanged
from ohmstead.rooms.tariffs.tariffs import TariffChanged, tariffs
from ohmstead.rooms.tariffs.views import Tariff

carries(TariffChanged, tariffs, "v1.0")


class TariffNotification(View):
    tariff: Tariff
    action: Action
    last_updated_at: Moment


def _tariff(fact: TariffChanged, at: str) -> TariffNotification | None:
    """Of one that is gone by now there is nothing to show."""
    if fact.content is UNSET:
        return None
    return TariffNotification(tariff=fact.content, action=fact.action, last_updated_at=at)


class PlanNotification(View):
    """Of a plan."""

    subscription_plan_id: int
    action: Action
    last_updated_at: Moment


def _plan(fact: SubscriptionPlanChanged, at: str) -> PlanNotification:
    return PlanNotification(subscription_plan_id=fact.id, action=fact.action, last_updated_at=at)


NOTIFICATIONS: Table = (
    Notification("TariffChangedNotification", TariffChanged, TariffNotification, _tariff, "tariff", "tariffs"),
    Notification(
        "subscriptionPlan.changed", SubscriptionPlanChanged, PlanNotification, _plan, "subscriptionPlan",
        "subscription-plans",
    ),
)  # fmt: skip
