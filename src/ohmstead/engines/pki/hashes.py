"""Hashes: what OCPP calls a certificate by, without sending it (CertificateHashDataType)."""

import hashlib
from typing import Literal, NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

HashAlgorithm = Literal["SHA256", "SHA384", "SHA512"]


class CertificateHash(NamedTuple):
    """A certificate's issuer and number: lower-case hexadecimal, the number without leading zeros."""

    algorithm: HashAlgorithm
    issuer_name: str
    issuer_key: str
    serial: str


def hashed(
    certificate: x509.Certificate, issuer: x509.Certificate, algorithm: HashAlgorithm = "SHA256"
) -> CertificateHash:
    """The hash of a certificate; a root is its own issuer. As in OCSP (RFC 6960, 4.1.1)."""
    name = hashlib.new(algorithm.lower(), certificate.issuer.public_bytes()).hexdigest()
    return CertificateHash(algorithm, name, issuer_hashes(issuer, algorithm)[1].hex(), serial(certificate))


def issuer_hashes(issuer: x509.Certificate, algorithm: str) -> tuple[bytes, bytes]:
    """An issuer's name and key, hashed as certificates of its are called by it."""
    name, key = issuer.subject.public_bytes(), _key_bits(issuer.public_key())
    return hashlib.new(algorithm.lower(), name).digest(), hashlib.new(algorithm.lower(), key).digest()


def serial(certificate: x509.Certificate) -> str:
    """A certificate's number in lower-case hexadecimal, without leading zeros."""
    return f"{certificate.serial_number:x}"


def _key_bits(key: CertificatePublicKeyTypes) -> bytes:
    """The bits of the key's BIT STRING, without what says which kind of key it is."""
    if isinstance(key, ec.EllipticCurvePublicKey):
        return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    if isinstance(key, rsa.RSAPublicKey):
        return key.public_bytes(Encoding.DER, PublicFormat.PKCS1)
    raise ValueError("a root of ours or of a station's has a key that is neither RSA nor elliptic")
