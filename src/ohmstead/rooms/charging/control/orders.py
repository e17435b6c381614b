"""Orders: what a client may ask for when it starts a session, and what it is told."""

from typing import Annotated, Literal, Protocol

from msgspec import UNSET, Meta, Struct

from ohmstead.kit.db import Database, Row, Tx
from ohmstead.kit.questions import Question
from ohmstead.kit.views import Deprecated, Opt, View
from ohmstead.rooms.devices.profiles.given import GivenProfile
from ohmstead.rooms.devices.stations import ChargingProfile

ErrorCodeAnywhere = Literal[
    "BILLING_NOT_ASSOCIATED", "BILLING_NOT_PARTNER_ASSOCIATED", "INTERNAL_ISSUE", "AGILE_STREETS_CALCULATE",
    "AGILE_STREETS_COMMUNICATION", "CHARGING_NOT_ALLOWED", "LOCATION_IS_CLOSED", "USER_VALIDATION_NOT_COMPLETE",
    "TERMS_NOT_ACCEPTED", "USER_IS_DISABLED", "SUBSCRIPTION_REQUIRED", "SESSION_ALREADY_RUNNING",
    "PREVIOUS_SESSION_NOT_PAID", "ACCESS_RESTRICTED",
]  # fmt: skip
ErrorCode = Literal[
    ErrorCodeAnywhere, "SESSION_EXISTS", "PAYMENT_METHOD_REQUIRED", "CANNOT_BILL_PAYMENT_METHOD",
    "CORPORATE_ACCOUNT_LIMIT_REACHED", "CANNOT_USE_EXPIRED_PAYMENT_METHOD", "CANNOT_USE_PAYMENT_METHOD",
    "PAYMENT_NO_FUNDS",
]  # fmt: skip

PaymentMethodId = Annotated[
    str,
    Meta(
        pattern=r"^(\d+|balance|subscription|(corporate|subscription_installment):\d+|(wallet|bank_transfer):\w+)$",
        description="Of the user's payment methods; null: the balance.",
    ),
]
IdTag = Annotated[str, Meta(min_length=1, max_length=255, description="What the session shall show as its idTag.")]


class Order(View):
    """Where to begin is up to the station."""

    user_id: Opt[Annotated[int, Meta(description="For whom; nobody starts an anonymous session.")]] = UNSET
    payment_method_id: Opt[PaymentMethodId | None] = UNSET
    external_session_id: Opt[Deprecated[IdTag | None]] = UNSET
    id_tag: Opt[IdTag] = UNSET
    connector_id: Opt[int | None] = UNSET
    booking_id: Opt[int | None] = UNSET
    boost: Opt[
        Annotated[bool, Meta(description="All the power there is, where its tariff would charge slowly at dear times.")]
    ] = UNSET


class OrderThere(Order):
    """At one EVSE, with limits from the beginning."""

    charging_profile: Opt[GivenProfile] = UNSET


class StartedAnywhere(View):
    success: bool
    authorization_id: float | None
    message: Opt[Annotated[str, Meta(description="Why it was not started.")]] = UNSET
    error_code: Opt[ErrorCodeAnywhere] = UNSET


class Started(View):
    success: bool
    session_id: float | None
    authorization_id: float | None
    message: Opt[Annotated[str, Meta(description="Why it was not started.")]] = UNSET
    error_code: Opt[ErrorCode] = UNSET


class Refusal(Struct, frozen=True):
    """Why a session may not start, as a code and in words."""

    code: ErrorCode
    message: str


may_start: Question[[Tx, Row, int | None, str | None], Refusal] = Question("why a session may not start at an EVSE")
"""Asked with the EVSE, the user and the payment method that is wished for. Who answers may raise, too.

The row has every column of the EVSE, its charge point's `charge_point_status`, `charge_point_type`, `connected` and
`partner_id`."""

first_profile: Question[[Tx, Row], ChargingProfile] = Question("the limit to begin with at an EVSE")


class Hold(Protocol):
    """Money that is held for a session before it begins."""

    session_id: int | None  # the one it is for; None: for the next

    async def place(self, database: Database) -> Refusal | None:
        """Have it held, once; why it is not."""
        ...

    async def attach(self, tx: Tx, session_id: int) -> None:
        """The session is noted that it is for."""
        ...

    async def release(self, database: Database) -> None:
        """There will be no session."""
        ...


hold_needed: Question[[Tx, Row, int | None, str | None, int], Hold] = Question("what is held before a session begins")
"""Asked once nothing speaks against a start: the EVSE (a row as of `may_start`), the user, the means of payment that is
wished for, and the id that the session will have. What is answered is placed outside of the transaction."""
