"""The order in which it is told why a session may not start: of several reasons the first. What the user can do nothing
about is told before what he can put right, and what waiting changes after what it does not."""

from ohmstead.rooms.charging.control.orders import ErrorCode

PLACE: tuple[ErrorCode, ...] = (
    "ACCESS_RESTRICTED",  # before the rest: whether somebody charges at a private one is no stranger's business
    "SESSION_EXISTS",
    "INTERNAL_ISSUE",  # reserved, out of service, not connected
    "LOCATION_IS_CLOSED",
)
PERSON: tuple[ErrorCode, ...] = (
    "USER_IS_DISABLED",
    "USER_VALIDATION_NOT_COMPLETE",
    "TERMS_NOT_ACCEPTED",
    "SUBSCRIPTION_REQUIRED",
    "SESSION_ALREADY_RUNNING",
)
TARIFF: tuple[ErrorCode, ...] = ("CHARGING_NOT_ALLOWED", "AGILE_STREETS_COMMUNICATION", "AGILE_STREETS_CALCULATE")
MONEY: tuple[ErrorCode, ...] = (
    "PREVIOUS_SESSION_NOT_PAID",
    "PAYMENT_METHOD_REQUIRED",
    "BILLING_NOT_ASSOCIATED",
    "BILLING_NOT_PARTNER_ASSOCIATED",
    "CANNOT_USE_PAYMENT_METHOD",
    "CANNOT_USE_EXPIRED_PAYMENT_METHOD",
    "CANNOT_BILL_PAYMENT_METHOD",
    "CORPORATE_ACCOUNT_LIMIT_REACHED",
    "PAYMENT_NO_FUNDS",
)
ORDER = (*PLACE, *PERSON, *TARIFF, *MONEY)
"""After them comes what another room has against it without a code of its own: the circuit has no room, say."""
