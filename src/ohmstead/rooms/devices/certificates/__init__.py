"""Certificates: our roots, what they issue to charge points and to the listener, and what charge points trust."""

from ohmstead.rooms.devices.certificates.actions import actions
from ohmstead.rooms.devices.certificates.authority import Authority, authority, revoke, revoke_all
from ohmstead.rooms.devices.certificates.renewal import CertificateRenewals
from ohmstead.rooms.devices.certificates.requests import PendingSignings, certificate_wanted
from ohmstead.rooms.devices.certificates.responders import Responders
from ohmstead.rooms.devices.certificates.statuses import answered

__all__ = [
    "Authority",
    "CertificateRenewals",
    "PendingSignings",
    "Responders",
    "actions",
    "answered",
    "authority",
    "certificate_wanted",
    "revoke",
    "revoke_all",
]
