"""The test cards: the only numbers that the embedded gateway takes, and what becomes of each. Where a number is well
known in the field it means here what it means there. No real card can have one of them."""

from collections.abc import Mapping
from typing import Literal

from msgspec import Struct

Step = Literal["authorize", "capture", "void", "refund"]
Behaviour = Literal[
    "accepted", "challenge", "setup_declined", "setup_without_funds", "setup_expired", "hold_declined",
    "challenge_without_funds", "late", "late_declined", "late_capture", "silent_hold", "silent_capture",
    "silent_refund",
]  # fmt: skip


class KnownCard(Struct, frozen=True):
    """A number, whose it is, and how the bank behind it behaves."""

    number: str
    brand: str
    behaviour: Behaviour = "accepted"

    @property
    def cvc_digits(self) -> int:
        """How long its security code is."""
        return 4 if self.brand == "amex" else 3


KNOWN_CARDS: Mapping[str, KnownCard] = {
    card.number: card
    for card in (
        KnownCard("4242424242424242", "visa"),
        KnownCard("5555555555554444", "mastercard"),
        KnownCard("378282246310005", "amex"),
        KnownCard("6759649826438453", "maestro"),
        KnownCard("4000002500003155", "visa", "challenge"),
        KnownCard("4000008260003178", "visa", "challenge_without_funds"),
        KnownCard("4000000000000002", "visa", "setup_declined"),
        KnownCard("4000000000009995", "visa", "setup_without_funds"),
        KnownCard("4000000000000069", "visa", "setup_expired"),
        KnownCard("4000000000000341", "visa", "hold_declined"),
        KnownCard("4000000000005001", "visa", "late"),
        KnownCard("4000000000005027", "visa", "late_declined"),
        KnownCard("4000000000005019", "visa", "late_capture"),
        KnownCard("4000000000006009", "visa", "silent_hold"),
        KnownCard("4000000000006017", "visa", "silent_capture"),
        KnownCard("4000000000006025", "visa", "silent_refund"),
    )
}
MESSAGES: Mapping[str, str] = {
    "card_declined": "Your card was declined.",
    "insufficient_funds": "Your card has insufficient funds.",
    "expired_card": "Your card has expired.",
    "authentication_failed": "You did not confirm the payment to your bank.",
}
"""Why a bank says no, and its words for it."""

CHALLENGED: frozenset[str] = frozenset({"challenge", "challenge_without_funds"})
"""Whose bank wants the card to be confirmed (3-D Secure) before it is stored."""
_SETUP = {
    "setup_declined": "card_declined",
    "setup_without_funds": "insufficient_funds",
    "setup_expired": "expired_card",
}
_HOLD = {
    "hold_declined": "card_declined", "late_declined": "card_declined", "challenge_without_funds": "insufficient_funds",
}  # fmt: skip
_LATE: Mapping[str, frozenset[Step]] = {
    "late": frozenset({"authorize", "capture", "void", "refund"}),
    "late_declined": frozenset({"authorize"}),
    "late_capture": frozenset({"capture"}),
}
_SILENT: Mapping[str, Step] = {
    "silent_hold": "authorize", "silent_capture": "capture", "silent_refund": "refund",
}  # fmt: skip


def refused_setup(behaviour: str) -> str | None:
    """Why a card is not stored; None: it is."""
    return _SETUP.get(behaviour)


def refused_hold(behaviour: str) -> str | None:
    """Why nothing is held on a card that was stored; None: it is."""
    return _HOLD.get(behaviour)


def is_late(behaviour: str, step: Step) -> bool:
    """Whether a call is answered by `pending`, and an event tells later."""
    return step in _LATE.get(behaviour, ())


def is_silent(behaviour: str, step: Step) -> bool:
    """Whether a call is done, but neither answered nor told of."""
    return _SILENT.get(behaviour) == step
