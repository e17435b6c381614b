"""Leaves: the certificates roots issue, to charge points and to the server itself."""

import ipaddress
from collections.abc import Sequence
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID

from ohmstead.engines.pki.roots import BACKDATED, Root, named, usage

CHARGE_POINT_VALID_FOR = timedelta(days=365)
SERVER_VALID_FOR = timedelta(days=365)
CONTRACT_VALID_FOR = timedelta(days=2 * 365)
RESPONDER_VALID_FOR = timedelta(days=2)


def charge_point_certificate(
    root: Root, identity: str, public_key: CertificatePublicKeyTypes, now: datetime, ocsp_url: str | None = None
) -> x509.Certificate:
    """What a charge point proves its identity by as a TLS client, for a year. Its status is told at `ocsp_url`."""
    builder = _told_at(ocsp_url, _builder(root, identity, public_key, now, CHARGE_POINT_VALID_FOR))
    purpose = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH])
    return builder.add_extension(purpose, critical=False).sign(root.key, SHA256())


def server_certificate(
    root: Root,
    names: Sequence[str],
    public_key: CertificatePublicKeyTypes,
    now: datetime,
    ocsp_url: str | None = None,
) -> x509.Certificate:
    """What the listener proves by that it is one of these host names or addresses, for a year."""
    builder = _told_at(ocsp_url, _builder(root, names[0], public_key, now, SERVER_VALID_FOR))
    purpose = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
    alternatives = x509.SubjectAlternativeName([_general(name) for name in names])
    builder = builder.add_extension(purpose, critical=False).add_extension(alternatives, critical=False)
    return builder.sign(root.key, SHA256())


def contract_certificate(
    root: Root, emaid: str, public_key: CertificatePublicKeyTypes, now: datetime, ocsp_url: str | None = None
) -> x509.Certificate:
    """What a vehicle proves by that it charges on a contract (ISO 15118-2, annex F), for two years."""
    key_usage = usage(signs_certificates=False, agrees_on_keys=True)
    builder = _builder(root, emaid, public_key, now, CONTRACT_VALID_FOR, key_usage)
    return _told_at(ocsp_url, builder).sign(root.key, SHA256())


def responder_certificate(root: Root, public_key: CertificatePublicKeyTypes, now: datetime) -> x509.Certificate:
    """The word of a root for who tells the status of its certificates, for two days; nobody asks for its own status
    (RFC 6960, 4.2.2.2)."""
    builder = _builder(root, "OCSP", public_key, now, RESPONDER_VALID_FOR)
    purpose = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.OCSP_SIGNING])
    builder = builder.add_extension(purpose, critical=False).add_extension(x509.OCSPNoCheck(), critical=False)
    return builder.sign(root.key, SHA256())


def pem(certificate: x509.Certificate) -> str:
    """The certificate as text."""
    return certificate.public_bytes(Encoding.PEM).decode()


def _builder(
    root: Root,
    common_name: str,
    public_key: CertificatePublicKeyTypes,
    now: datetime,
    valid_for: timedelta,
    key_usage: x509.KeyUsage | None = None,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(named(common_name))
        .issuer_name(root.certificate.subject)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BACKDATED)
        .not_valid_after(now + valid_for)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(key_usage or usage(signs_certificates=False), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(root.key.public_key()), critical=False)
    )


def _told_at(ocsp_url: str | None, builder: x509.CertificateBuilder) -> x509.CertificateBuilder:
    if ocsp_url is None:
        return builder
    where = x509.AccessDescription(AuthorityInformationAccessOID.OCSP, x509.UniformResourceIdentifier(ocsp_url))
    return builder.add_extension(x509.AuthorityInformationAccess([where]), critical=False)


def _general(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)
