"""Roots: the self-signed certificates everything else is trusted by, and the keys they sign with."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import NameOID

VALID_FOR = timedelta(days=20 * 365)
BACKDATED = timedelta(hours=1)
"""Clocks of charge points are often behind; a certificate of the future is none."""
ORGANIZATION = "Ohmstead"


@dataclass(frozen=True)
class Root:
    """A root certificate with its key (ECDSA over P-256)."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @classmethod
    def read(cls, certificate: str, key: str) -> "Root":
        """From what `certificate_text` and `key_text` give."""
        private = load_pem_private_key(key.encode(), None)
        assert isinstance(private, ec.EllipticCurvePrivateKey)
        return cls(x509.load_pem_x509_certificate(certificate.encode()), private)

    @property
    def certificate_text(self) -> str:
        """PEM."""
        return self.certificate.public_bytes(Encoding.PEM).decode()

    @property
    def key_text(self) -> str:
        """PEM, not encrypted."""
        return self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def new_root(common_name: str, now: datetime) -> Root:
    """A root of that name, valid for 20 years, under which certificates of ends hang and no further authorities."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = named(common_name)
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BACKDATED)
        .not_valid_after(now + VALID_FOR)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage(signs_certificates=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    return Root(builder.sign(key, SHA256()), key)


def named(common_name: str) -> x509.Name:
    """A distinguished name of ours."""
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, ORGANIZATION),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )


def usage(*, signs_certificates: bool, agrees_on_keys: bool = False) -> x509.KeyUsage:
    """What a key is for: signing certificates and lists of revoked ones, or signing handshakes; that of a contract also
    vouches for receipts and is what keys are sent to its vehicle by."""
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=agrees_on_keys,
        key_encipherment=agrees_on_keys,
        data_encipherment=False,
        key_agreement=agrees_on_keys,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )
