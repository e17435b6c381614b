"""Notifications: what clients are told of this room, each fact with its event and its payload."""

from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

from msgspec import UNSET

from ohmstead.kit.facts import Action
from ohmstead.kit.notifications import Notification, Table
from ohmstead.kit.views import Opt, ReadOnly, View
from ohmstead.rooms.operator.contents import Moment, carries
from ohmstead.rooms.people.erasure import UserErased
from ohmstead.rooms.people.partner_invites import InviteChanged
from ohmstead.rooms.people.partners import PartnerChanged
from ohmstead.rooms.people.user_views import BankDetails, Email, Options, PartnerInvite, Status
from ohmstead.rooms.people.users import UserChanged, users

carries(UserChanged, users, "v1.0")


class ToldUser(View):
    """A user; of one that is deleted only the id is left, whatever is told."""

    id: Opt[str] = UNSET
    email: Opt[Email] = UNSET
    email_verified: ReadOnly[Opt[datetime | None]] = UNSET
    require_password_reset: Opt[bool] = UNSET
    first_name: Opt[str | None] = UNSET
    middle_name: Opt[str | None] = UNSET
    last_name: Opt[str | None] = UNSET
    phone: Opt[str | None] = UNSET
    country: Opt[str | None] = UNSET
    state: Opt[str | None] = UNSET
    city: Opt[str | None] = UNSET
    post_code: Opt[str | None] = UNSET
    address: Opt[str | None] = UNSET
    vehicle_no: Opt[str | None] = UNSET
    personal_id: Opt[str] = UNSET
    locale: Opt[str | None] = UNSET
    balance: Opt[Decimal] = UNSET
    status: Opt[Status] = UNSET
    user_group_ids: Opt[list[int]] = UNSET
    external_id: ReadOnly[Opt[str | None]] = UNSET
    subscription_id: ReadOnly[Opt[int | None]] = UNSET
    options: Opt[Options] = UNSET
    password: ReadOnly[Opt[str | None]] = UNSET
    last_updated_at: ReadOnly[Opt[datetime]] = UNSET
    created_at: ReadOnly[Opt[datetime]] = UNSET
    created_by: ReadOnly[Opt[str]] = UNSET
    receive_news_and_promotions: Opt[bool] = UNSET
    partner_invites: ReadOnly[Opt[list[PartnerInvite] | None]] = UNSET
    bank_details: Opt[BankDetails] = UNSET
    external_app_data: Opt[dict[str, Any] | None] = UNSET


class UserNotification(View):
    user: ToldUser
    action: Literal["created", "updated", "deleted", "permanently deleted"]
    last_updated_at: Moment


def _user(fact: UserChanged, at: str) -> UserNotification:
    shown = ToldUser(id=str(fact.id)) if fact.content is UNSET else fact.content
    return UserNotification(user=shown, action=fact.action, last_updated_at=at)


def _erased(fact: UserErased, at: str) -> UserNotification:
    return UserNotification(user=ToldUser(id=str(fact.id)), action="permanently deleted", last_updated_at=at)


class PartnerNotification(View):
    """By what others know it is told of one that was deleted."""

    partner_id: int
    action: Action
    last_updated_at: Moment
    external_id: Opt[str] = UNSET
    company_name: Opt[str] = UNSET
    business_name: Opt[str] = UNSET
    reg_no: Opt[str] = UNSET
    vat_no: Opt[str] = UNSET
    country: Opt[str] = UNSET


def _partner(fact: PartnerChanged, at: str) -> PartnerNotification:
    told = PartnerNotification(partner_id=fact.id, action=fact.action, last_updated_at=at)
    if fact.action == "deleted" and fact.content is not UNSET:
        for name, value in fact.content.items():
            setattr(told, "company_name" if name == "name" else name, value)
    return told


class OnlyId(View):
    id: Opt[str] = UNSET


class OldPartnerNotification(View):
    user: OnlyId
    action: Literal["created", "deleted"]


def _partner_of_old(fact: PartnerChanged, at: str) -> OldPartnerNotification | None:
    """Its field is called user and holds the id of the partner."""
    if fact.action == "updated":
        return None
    return OldPartnerNotification(user=OnlyId(id=str(fact.id)), action=fact.action)


class InviteNotification(View):
    partner_invite_id: int
    user_id: Opt[int | None] = UNSET
    email: Opt[str | None] = UNSET
    action: Action
    allow_corporate_account_billing: Opt[bool] = UNSET
    limit_corporate_account_billing_to_partner_charge_points: Opt[bool] = UNSET
    allow_access_to_private_charge_points: Opt[bool] = UNSET
    last_updated_at: Moment


def _invite(fact: InviteChanged, at: str) -> InviteNotification:
    told = InviteNotification(partner_invite_id=fact.id, action=fact.action, last_updated_at=at)
    for name, value in {} if fact.content is UNSET else fact.content.items():
        setattr(told, name, value)
    return told


NOTIFICATIONS: Table = (
    Notification("UserChangedNotification", UserChanged, UserNotification, _user, "user", "users"),
    Notification("UserChangedNotification", UserErased, UserNotification, _erased, "user", "users"),
    Notification("partner.changed", PartnerChanged, PartnerNotification, _partner, "partner", "partners"),
    Notification(
        "PartnerChangedNotification", PartnerChanged, OldPartnerNotification, _partner_of_old, "partner", "partners",
        deprecated=True,
    ),
    Notification("partnerInvite.changed", InviteChanged, InviteNotification, _invite, "partnerInvite",
                 "partner-invites"),
)  # fmt: skip
