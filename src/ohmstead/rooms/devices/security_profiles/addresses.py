"""Addresses: where charge points reach the listener, which OCPP 2.x stations are told."""

from collections.abc import Callable

from msgspec import Struct


class Addresses(Struct, frozen=True):
    """The URLs of the plain and of the TLS port without an identity; None where there is no such port, or nobody said
    where it is reached. `needs_root`: the TLS port shows a certificate of our own root, which stations must trust."""

    plain: str | None = None
    tls: str | None = None
    needs_root: bool = True

    def of(self, profile: int) -> str | None:
        """Where a station connects with a security profile."""
        return self.tls if profile >= 2 else self.plain


class AddressDoor:
    """Where the rooms find the addresses: none until the app says them."""

    def __init__(self) -> None:
        self.now = Addresses()

    def open(self, addresses: Addresses) -> Callable[[], None]:
        """Tell these from now on; the answer goes back to those before."""
        before, self.now = self.now, addresses
        return lambda: setattr(self, "now", before)


addresses = AddressDoor()
