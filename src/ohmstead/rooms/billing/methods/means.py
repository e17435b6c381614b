"""Means: what a user may pay with. Cards are stored; accounts of partners and the balance are worked out each time."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Literal

from msgspec import Struct
from sqlalchemy import BigInteger, bindparam, select

from ohmstead.kit.db import Row, Statement, Tx
from ohmstead.rooms.billing.methods.table import payment_method
from ohmstead.rooms.operator import settings
from ohmstead.rooms.people.partner_users import corporate_accounts_of

AUTO, BALANCE, CORPORATE = "auto", "balance", "corporate:"

_own = payment_method.c
_CARDS = Statement(
    select(payment_method)
    .where(_own.user_id == bindparam("user", type_=BigInteger), _own.removed_at.is_(None))
    .order_by(_own.is_default.desc(), _own.id.desc())
)


class Means(Struct, frozen=True, kw_only=True):
    """Something to pay with."""

    id: str | None  # as the API names it: "17", "corporate:3"; None: the balance
    type: Literal["tokenized", "corporate", "balance", "subscription"]
    name: str
    method_id: int | None = None  # of a stored one
    partner_id: int | None = None  # of an account
    subscription_id: int | None = None  # that pays in installments; see `installments`
    only_at_partner: bool = False  # whether it pays at the partner's charge points alone
    gateway: str | None = None
    card: dict[str, Any] | None = None  # `cardDetails`, as transactions show them
    expires: tuple[int, int] | None = None  # with the end of this month: year, month
    expired: bool = False

    def pays_at(self, charge_point_partner_id: int | None) -> bool:
        """Whether it is good for a charge at a charge point of a partner, or of nobody's."""
        return not self.expired and (not self.only_at_partner or self.partner_id == charge_point_partner_id)


BALANCE_MEANS = Means(id=None, type="balance", name="Balance")


async def means_of(tx: Tx, user_id: int, at: datetime) -> list[Means]:
    """All that a user has, as of a moment: the default card, other cards from the newest on, accounts of partners, the
    balance. Cards that have expired are among them."""
    return [*(of_row(row, at) for row in await stored_of(tx, user_id)), *await unstored_of(tx, user_id)]


async def stored_of(tx: Tx, user_id: int) -> list[Row]:
    """The rows of a user's cards, the default first, then from the newest on."""
    return await tx.all(_CARDS, user=user_id)


async def unstored_of(tx: Tx, user_id: int) -> list[Means]:
    """The accounts of partners, and the balance unless there are none."""
    found = [_corporate(row) for row in await corporate_accounts_of(tx, user_id)]
    return found if await settings.balances_are_off(tx) else [*found, BALANCE_MEANS]


async def chosen(
    tx: Tx, user_id: int, wish: str | None, charge_point_partner_id: int | None, at: datetime
) -> list[Means]:
    """What a wish means, in turn, as far as it pays at a charge point of this partner's: a card by its number, an
    account, the balance (`balance`, or None as a start through the API says it), or with `auto` all in the order of
    `means_of`. Nothing where it means none that is any good."""
    return usable(await means_of(tx, user_id, at), wish, charge_point_partner_id)


def usable(means: Iterable[Means], wish: str | None, charge_point_partner_id: int | None) -> list[Means]:
    """Of what a user has, what `chosen` chooses."""
    return [one for one in means if wanted(one, wish) and one.pays_at(charge_point_partner_id)]


def wanted(one: Means, wish: str | None) -> bool:
    """Whether a wish means it."""
    return wish == AUTO or one.id == (None if wish == BALANCE else wish)


def of_row(row: Row, at: datetime) -> Means:
    """A stored card or account of a bank."""
    expires = (row["exp_year"], row["exp_month"]) if row["exp_year"] and row["exp_month"] else None
    return Means(
        id=str(row["id"]),
        type="tokenized",
        name=f"**** {row['last4']}",
        method_id=row["id"],
        gateway=row["gateway"],
        card=_card(row),
        expires=expires,
        expired=expires is not None and expires < (at.year, at.month),
    )


def _card(row: Row) -> dict[str, Any]:
    shown: dict[str, Any] = {"type": row["brand"], "last4": row["last4"]}
    if row["exp_year"] and row["exp_month"]:
        shown |= {"expMonth": str(row["exp_month"]), "expYear": str(row["exp_year"])}
    return shown | ({"tokenizationMethod": row["wallet"]} if row["wallet"] else {})


def _corporate(row: Row) -> Means:
    return Means(
        id=f"{CORPORATE}{row['partner_id']}",
        type="corporate",
        name=row["name"],
        partner_id=row["partner_id"],
        only_at_partner=row["only_at_partner"],
    )
