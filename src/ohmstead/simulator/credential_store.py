"""A station's safe: what it proves itself by, whom it trusts, and where it connects with which security profile."""

from dataclasses import dataclass, field

from ohmstead.simulator.certificates import CSMS, Certificates
from ohmstead.simulator.line import Address


@dataclass
class CredentialStore:
    """`plain` and `tls` are the URLs for security profiles 0 and 1, and for 2 and 3; None where there is none. `slots`
    are the network profiles of 2.0.1, `order` the ones to try, the first first."""

    identity: str
    subprotocol: str
    plain: str | None
    tls: str | None
    password: bytes | None
    certificates: Certificates = field(default_factory=Certificates)
    slots: dict[int, Address] = field(default_factory=dict)
    order: list[int] = field(default_factory=lambda: [1])

    def first(self) -> Address:
        """Where to connect before anybody said otherwise: as secure as can be over the URL that was given."""
        if self.tls and not self.plain:
            profile = 3 if self.certificates.chain else 2
        else:
            profile = 0 if self.password is None else 1
        self.slots[1] = self.address(profile)
        return self.slots[1]

    def address(self, profile: int, url: str | None = None) -> Address:
        """Where and how to connect by a security profile."""
        secure = profile >= 2
        where = url or (self.tls if secure else self.plain) or self.tls or self.plain or ""
        tls = self.certificates.context(profile == 3) if where.startswith("wss:") else None
        password = self.password if profile != 3 else None
        return Address(where, self.identity, password, self.subprotocol, tls, profile)

    def again(self, address: Address) -> Address:
        """The same with the password and the certificate of now."""
        return self.address(address.profile, address.url)

    def lacks(self, profile: int, used: int, url: str | None = None) -> str | None:
        """Why a profile cannot be used after the one that is; None where it can (whitepaper, A05; 2.0.1, B09)."""
        if profile < used:
            return "a security profile is never lowered"
        if profile in (1, 2) and self.password is None:
            return "there is no password"
        if profile >= 2 and not self.certificates.roots.get(CSMS):
            return "there is no root to trust"
        if profile >= 2 and not (url or self.tls):
            return "there is no URL for TLS"
        return "there is no certificate" if profile == 3 and not self.certificates.chain else None

    def preferred(self) -> Address | None:
        """The first of the network profiles; None where it is not set."""
        address = self.slots.get(self.order[0]) if self.order else None
        return None if address is None else self.again(address)
