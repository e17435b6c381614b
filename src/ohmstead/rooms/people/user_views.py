"""The shapes of users: what the API shows of an account, and what it takes, which has names of its own."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, field

from ohmstead.kit.views import Id, Link, Opt, ReadOnly, View
from ohmstead.rooms.operator.emails import Email
from ohmstead.rooms.operator.iso3166 import CountryCode, StateCode

Short = Annotated[str, Meta(max_length=255)]
Tongue = Annotated[str, Meta(pattern="^[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})*$", description="For example en-GB.")]
Status = Literal["enabled", "disabled"]
SessionsAllowed = Literal[
    "single_session",
    "multiple_simultaneous_sessions_per_idtag",
    "simultaneous_use_of_idtags",
    "multiple_simultaneous_sessions_remotely_and_idtags",
]


class Options(View):
    sessions_allowed: Annotated[
        Opt[SessionsAllowed], Meta(description="How many sessions at once, and started in which ways.")
    ] = UNSET


class BankDetails(View):
    bank_iban: Opt[Short | None] = UNSET
    bank_name: Opt[Short | None] = UNSET
    bank_address: Opt[Short | None] = UNSET
    bank_code: Opt[Short | None] = UNSET
    bank_account_number: Opt[Short | None] = UNSET
    bank_account_type: Opt[Short | None] = UNSET


class InviteOptions(View):
    allow_corporate_account_billing: bool = False
    limit_corporate_account_billing_to_partner_charge_points: bool = False
    allow_access_to_private_charge_points: bool = False


class PartnerInvite(View):
    """An invitation to become one of a partner's users, as it is shown with its user."""

    id: Id
    partner_id: int
    send_via_email: bool = True
    email: Email | None = None
    language: Opt[str] = UNSET
    accept_url: ReadOnly[Link | None]
    options: InviteOptions
    status: ReadOnly[Literal["pending", "sent", "accepted"]]
    created_at: ReadOnly[datetime]
    accepted_at: ReadOnly[datetime | None]
    user_id: ReadOnly[int | None]
    last_updated_at: ReadOnly[datetime]


class User(View):
    """What is shown."""

    id: ReadOnly[str]
    email: Email
    email_verified: ReadOnly[datetime | None]
    require_password_reset: Annotated[bool, Meta(description="The app asks for a new password when next opened.")]
    first_name: str | None
    middle_name: str | None
    last_name: str | None
    phone: str | None
    country: str | None
    state: str | None
    city: str | None
    post_code: str | None
    address: str | None
    vehicle_no: str | None
    personal_id: Opt[str] = UNSET
    locale: Tongue | None
    balance: Annotated[Opt[Decimal], Meta(description="Base currency; a partner's token needs addUserBalance.")] = UNSET
    status: Status
    user_group_ids: list[int]
    external_id: ReadOnly[str | None]
    subscription_id: ReadOnly[int | None]
    options: Options
    password: ReadOnly[Annotated[Opt[str], Meta(description="Never shown, not even hashed.")]] = UNSET
    last_updated_at: ReadOnly[datetime]
    created_at: ReadOnly[datetime]
    created_by: ReadOnly[Annotated[str, Meta(description="`token:`, `admin:` or `partner:` and an id, or mobile_api.")]]
    receive_news_and_promotions: bool
    partner_invites: ReadOnly[Opt[list[PartnerInvite] | None]] = UNSET
    bank_details: BankDetails
    external_app_data: Annotated[
        Opt[dict[str, Any] | None], Meta(description="Keys of other systems, for example externalCustomerId.")
    ] = UNSET
    amount_due: ReadOnly[Annotated[Opt[Decimal], Meta(description="What the user owes now, base currency.")]] = UNSET


class UserBody(View):
    """What is taken."""

    email: Email
    email_verified: Opt[datetime | None] = UNSET
    password: Annotated[str, Meta(min_length=6, max_length=256)]
    require_password_reset: Opt[bool] = UNSET
    first_name: Opt[Short | None] = field(name="first_name", default=UNSET)
    middle_name: Opt[Short | None] = field(name="middle_name", default=UNSET)
    last_name: Opt[Short | None] = field(name="last_name", default=UNSET)
    phone: Opt[Short | None] = UNSET
    country: Opt[CountryCode | None] = UNSET
    state: Annotated[Opt[StateCode | None], Meta(description="Kept for countries whose addresses need it: US, AU.")] = (
        UNSET
    )
    city: Opt[Short | None] = UNSET
    post_code: Opt[Short | None] = field(name="post_code", default=UNSET)
    address: Opt[Short | None] = UNSET
    vehicle_no: Opt[Short | None] = field(name="vehicle_no", default=UNSET)
    personal_id: Opt[Short | None] = field(name="personal_id", default=UNSET)
    locale: Opt[Tongue | None] = UNSET
    user_group_ids: Opt[list[int]] = UNSET
    external_id: Opt[Short | None] = UNSET
    options: Opt[Options] = UNSET
    receive_news_and_promotions: Opt[bool] = UNSET
    bank_details: Opt[BankDetails] = UNSET
    external_app_data: Opt[dict[str, Any] | None] = UNSET
    nonce: Annotated[Opt[Short], Meta(description="Good for a single account: a second one is refused.")] = UNSET
