"""Commands about certificates and security profiles, free of any OCPP version."""

from typing import Literal

from msgspec import Struct

from ohmstead.engines.pki import CertificateHash

RootType = Literal["V2GRootCertificate", "MORootCertificate", "CSMSRootCertificate", "ManufacturerRootCertificate"]
"""Whom a station trusts by a root: vehicles' and mobility operators' authorities, us, its maker."""
InstalledType = RootType | Literal["V2GCertificateChain"]


class InstalledCertificate(Struct, frozen=True):
    """A certificate that a station says it has; no type where it is the one that was asked for."""

    type: InstalledType | None
    hash: CertificateHash


class InstallCertificate(Struct, frozen=True, kw_only=True):
    """Trust a root (PEM)."""

    type: RootType
    certificate: str


class DeleteCertificate(Struct, frozen=True, kw_only=True):
    """Forget a certificate; of which type it is, where that is known."""

    hash: CertificateHash
    type: InstalledType | None = None


class GetInstalledCertificates(Struct, frozen=True, kw_only=True):
    """Ask what a station trusts; no type asks for all. A 1.6 station is asked for one type at a time."""

    types: tuple[InstalledType, ...] = ()


class CertificateSigned(Struct, frozen=True, kw_only=True):
    """Hand a station the certificate it asked for (PEM, from its own up to below the root)."""

    chain: str


class SetNetworkProfile(Struct, frozen=True, kw_only=True):
    """Keep in a slot where to connect and by which security profile; it is used once it is first in the order (2.x)."""

    slot: int
    url: str
    security_profile: int
    message_timeout_s: int = 60


class Disconnect(Struct, frozen=True, kw_only=True):
    """Close the station's connection; nothing is sent to it but the close frame with the reason."""

    reason: str
