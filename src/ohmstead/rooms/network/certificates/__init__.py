"""Certificates: our roots, what they issue to charge points and to the listener, and what charge points trust."""

from ohmstead.rooms.network.certificates.actions import actions
from ohmstead.rooms.network.certificates.authority import Authority, authority, revoke, revoke_all
from ohmstead.rooms.network.certificates.renewal import CertificateRenewals
from ohmstead.rooms.network.certificates.requests import CertificatePromises, certificate_wanted
from ohmstead.rooms.network.certificates.responders import Responders
from ohmstead.rooms.network.certificates.statuses import answered

__all__ = [
    "Authority",
    "CertificatePromises",
    "CertificateRenewals",
    "Responders",
    "actions",
    "answered",
    "authority",
    "certificate_wanted",
    "revoke",
    "revoke_all",
]
