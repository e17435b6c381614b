"""A small public-key infrastructure: roots, requests held to rules, the certificates made of them, and lists of revoked
ones. Certificates in, certificates out; when is an argument."""

from ohmstead.engines.pki.hashes import CertificateHash, hashed
from ohmstead.engines.pki.leaves import (
    CONTRACT_VALID_FOR,
    charge_point_certificate,
    contract_certificate,
    pem,
    server_certificate,
)
from ohmstead.engines.pki.requests import RequestRefused, checked
from ohmstead.engines.pki.revocations import revocation_list
from ohmstead.engines.pki.roots import Root, new_root
from ohmstead.engines.pki.statuses import StatusRefused

__all__ = [
    "CONTRACT_VALID_FOR",
    "CertificateHash",
    "RequestRefused",
    "Root",
    "StatusRefused",
    "charge_point_certificate",
    "checked",
    "contract_certificate",
    "hashed",
    "new_root",
    "pem",
    "revocation_list",
    "server_certificate",
]
