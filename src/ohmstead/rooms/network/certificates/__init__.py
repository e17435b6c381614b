"""Certificates: our roots, what they issue to charge points and to the listener, and what charge points trust."""

from ohmstead.rooms.network.certificates.actions import actions
from ohmstead.rooms.network.certificates.authority import Authority, authority, revoke, revoke_all
from ohmstead.rooms.network.certificates.renewal import CertificateRenewals
from ohmstead.rooms.network.certificates.requests import CertificatePromises, certificate_wanted

__all__ = [
    "Authority",
    "CertificatePromises",
    "CertificateRenewals",
    "actions",
    "authority",
    "certificate_wanted",
    "revoke",
    "revoke_all",
]
