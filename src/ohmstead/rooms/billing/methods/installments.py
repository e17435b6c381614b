"""Installments: a post-paid subscription as a means of payment. What it pays is accumulated, and billed later."""

from sqlalchemy import text

from ohmstead.engines.languages import text_in
from ohmstead.kit.db import Statement, Tx
from ohmstead.rooms.billing.methods.means import AUTO, BALANCE, Means

SUBSCRIPTION, INSTALLMENT = "subscription", "subscription_installment:"
"""As a wish the one that pays there, and as an id that of one."""

_IN_FORCE = """
subscription.terms->>'type' = 'post-paid' AND subscription.attempts = 0 AND (
    subscription.status = 'active' OR subscription.status = 'canceled' AND subscription.ends_at > :now)"""


def subscription_there(user: str, charge_point: str, since: str) -> str:
    """An SQL expression: the subscription that pays what a user charges at a charge point since a moment, if one does;
    it reads `:now`."""
    return f"""(
SELECT subscription.id FROM subscription
WHERE subscription.user_id = {user} AND subscription.started_at <= {since} AND {_IN_FORCE}
  AND CASE subscription.terms->>'accumulation' WHEN 'personal_commercial' THEN true WHEN 'personal' THEN EXISTS (
      SELECT FROM charge_point WHERE charge_point.id = {charge_point} AND charge_point.user_id = {user}) END
ORDER BY subscription.id DESC LIMIT 1)"""


_THERE = Statement(
    text(f"""SELECT {subscription_there("CAST(:user AS bigint)", "CAST(:charge_point AS bigint)", ":now")}""")
)
_OF_USER = Statement(
    text(f"""
SELECT subscription.id, subscription_plan.name
FROM subscription JOIN subscription_plan ON subscription_plan.id = subscription.plan_id
WHERE subscription.user_id = CAST(:user AS bigint) AND {_IN_FORCE} AND subscription.terms->>'accumulation' <> 'none'
ORDER BY subscription.id DESC""")
)


def is_installment(wish: str | None) -> bool:
    """Whether a wish names a subscription."""
    return wish is not None and (wish == SUBSCRIPTION or wish.startswith(INSTALLMENT))


def installment(subscription_id: int, name: str = "Subscription") -> Means:
    """The means that a subscription is."""
    return Means(id=f"{INSTALLMENT}{subscription_id}", type="subscription", name=name, subscription_id=subscription_id)


def installment_wanted(wish: str | None, subscription_id: int | None) -> list[Means]:
    """The subscription that pays at a place, where a wish lets it go before all else: one that names it, and one that
    names nothing or the balance."""
    if subscription_id is None:
        return []
    means = installment(subscription_id)
    return [means] if wish in (None, AUTO, BALANCE, SUBSCRIPTION, means.id) else []


async def installments_of(tx: Tx, user_id: int) -> list[Means]:
    """The subscriptions that pay for a user somewhere."""
    return [
        installment(row["id"], text_in(row["name"], "en") or "Subscription")
        for row in await tx.all(_OF_USER, user=user_id, now=tx.now)
    ]


async def subscription_that_pays(tx: Tx, user_id: int, charge_point_id: int) -> int | None:
    """The subscription that would pay what a user charges there now."""
    return await tx.value(_THERE, user=user_id, charge_point=charge_point_id, now=tx.now)
