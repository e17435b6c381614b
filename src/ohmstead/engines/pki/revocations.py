"""Lists of revoked certificates, for whoever checks certificates of ours beside our own listener (RFC 5280)."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from ohmstead.engines.pki.roots import Root

NEXT_AFTER = timedelta(days=1)


def revocation_list(root: Root, revoked: Iterable[tuple[str, datetime]], now: datetime) -> bytes:
    """DER: the numbers (hexadecimal) that are revoked, and since when."""
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(root.certificate.subject)
        .last_update(now)
        .next_update(now + NEXT_AFTER)
        .add_extension(x509.CRLNumber(int(now.timestamp())), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(root.key.public_key()), critical=False)
    )
    for serial, at in revoked:
        one = x509.RevokedCertificateBuilder().serial_number(int(serial, 16)).revocation_date(at)
        builder = builder.add_revoked_certificate(one.build())
    return builder.sign(root.key, SHA256()).public_bytes(Encoding.DER)
