"""Addresses: where charge points reach the listener, which OCPP 2.x stations are told."""

from msgspec import Struct

from ohmstead.kit.ports import Port


class Addresses(Struct, frozen=True):
    """The URLs of the plain and of the TLS port without an identity; None where there is no such port, or nobody said
    where it is reached. `needs_root`: the TLS port shows a certificate of our own root, which stations must trust."""

    plain: str | None = None
    tls: str | None = None
    needs_root: bool = True

    def of(self, profile: int) -> str | None:
        """Where a station connects with a security profile."""
        return self.tls if profile >= 2 else self.plain


addresses: Port[Addresses] = Port("addresses", Addresses())
