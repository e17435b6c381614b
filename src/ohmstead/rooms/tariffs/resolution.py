"""Resolution: which tariff of a group applies to whom. The list is asked from its last tariff to its first; the first
one, the base, is for everybody whom none further down names."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from msgspec import Struct
from sqlalchemy import BigInteger, bindparam, select

from ohmstead.kit.db import Row, Statement, Tx
from ohmstead.kit.questions import Question
from ohmstead.rooms.people.partner_users import partners_of
from ohmstead.rooms.people.users import ev_user
from ohmstead.rooms.tariffs.tables import tariff, tariff_group_member

plans_of_user: Question[[Tx, int], list[int]] = Question("which subscription plans has this user active?")
"""Asked of the rooms that sell subscriptions."""

_GROUPS = Statement(select(ev_user.c.user_group_ids).where(ev_user.c.id == bindparam("user", type_=BigInteger)))
_TARIFFS = Statement(
    select(tariff)
    .join(tariff_group_member, tariff_group_member.c.tariff_id == tariff.c.id)
    .where(tariff_group_member.c.tariff_group_id == bindparam("group", type_=BigInteger))
    .order_by(tariff_group_member.c.place.desc())
)


class Driver(Struct, frozen=True):
    """Who charges, as tariffs see it: a user of ours, one of a roaming partner's, or nobody that is known (ad hoc)."""

    user_id: int | None = None
    partner_ids: frozenset[int] = frozenset()  # those whose invites he accepted
    user_group_ids: frozenset[int] = frozenset()
    plan_ids: frozenset[int] = frozenset()  # of his active subscriptions
    roaming: bool = False


async def driver_of(tx: Tx, user_id: int | None, roaming: bool = False) -> Driver:
    """A user with all that tariffs ask of one; None: nobody, or a roaming partner's user."""
    if user_id is None:
        return Driver(roaming=roaming)
    plans = await plans_of_user(tx, user_id)
    return Driver(
        user_id=user_id,
        partner_ids=frozenset(await partners_of(tx, user_id)),
        user_group_ids=frozenset(await tx.value(_GROUPS, user=user_id) or ()),
        plan_ids=frozenset(plan for answer in plans for plan in answer),
        roaming=roaming,
    )


async def tariff_for(tx: Tx, group_id: int, driver: Driver, owner_partner_id: int | None, day: date) -> Row:
    """The row of the one tariff of a group that applies to a driver on a local day, at a charge point of a partner
    (None: of the operator)."""
    rows = await tx.all(_TARIFFS, group=group_id)
    return next((row for row in rows if applies(row["restrictions"], driver, owner_partner_id, day)), rows[-1])


def applies(restrictions: Mapping[str, Any], driver: Driver, owner_partner_id: int | None, day: date) -> bool:
    """Whether restrictions let a tariff apply: the day is one of its, and the driver is among those it names, in
    whichever way. One that names nobody is for everybody."""
    start, end, today = restrictions.get("startDate"), restrictions.get("endDate"), day.isoformat()
    if (start is not None and today < start) or (end is not None and today > end):
        return False
    answers = [meets(driver, owner_partner_id, restrictions[name]) for name, meets in _NAMED.items()
               if restrictions.get(name)]  # fmt: skip
    return not answers or any(answers)


_NAMED: dict[str, Any] = {
    "applyToUsersOfChargePointPartner": lambda driver, owner, _: owner is not None and owner in driver.partner_ids,
    "applyToUsersOfAllRoamingEmsps": lambda driver, *_: driver.roaming,
    "applyToAdHocUsers": lambda driver, *_: driver.user_id is None and not driver.roaming,
    "applyToUsersOfPartners": lambda driver, _, ids: not driver.partner_ids.isdisjoint(ids),
    "applyToUserGroupIds": lambda driver, _, ids: not driver.user_group_ids.isdisjoint(ids),
    "applyToUsersWithSubscriptions": lambda driver, _, ids: not driver.plan_ids.isdisjoint(ids),
}
"""How a restriction names its audience: of a driver, of the partner whose charge point it is, of what it says."""
