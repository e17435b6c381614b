"""Certificate signing requests held to rules: who asks, with which key, and whether the key is theirs."""

import base64
import binascii

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, SHA512
from cryptography.x509.oid import NameOID

MOST_CHARACTERS = 5500  # SignCertificate.req, in 1.6 as in 2.0.1
MOST_COMMON_NAME = 64  # RFC 5280, ub-common-name
RSA_BITS = range(2048, 8193)
CURVES = (ec.SECP256R1, ec.SECP384R1, ec.SECP521R1)
HASHES = (SHA256, SHA384, SHA512)
FENCE = "-----BEGIN CERTIFICATE REQUEST-----"
OTHER_FENCE = "-----BEGIN NEW CERTIFICATE REQUEST-----"


class RequestRefused(Exception):
    """No certificate is made of this request; the text says why."""


def checked(text: str, identity: str) -> x509.CertificateSigningRequest:
    """The request in a text, where it may be signed for a charge point of this identity; RequestRefused otherwise.

    The common name must be the identity. Keys are RSA of 2048 to 8192 bits, or ECDSA over P-256, P-384 or P-521; the
    request is signed with its own key over SHA-256, SHA-384 or SHA-512. All else a request wishes for is passed over.
    """
    request = _read(text)
    _check_name(request, identity)
    _check_key(request)
    _check_hash(request)
    if not _signed_by_itself(request):
        raise RequestRefused("its signature is not that of its key")
    return request


def _read(text: str) -> x509.CertificateSigningRequest:
    """From PEM, under either of its names, or base64 of DER as some stations send it."""
    if len(text) > MOST_CHARACTERS:
        raise RequestRefused("it is longer than 5500 characters")
    try:
        if FENCE in text or OTHER_FENCE in text:
            return x509.load_pem_x509_csr(text.encode())
        return x509.load_der_x509_csr(base64.b64decode("".join(text.split()), validate=True))
    except (ValueError, binascii.Error, UnsupportedAlgorithm, x509.InvalidVersion):
        raise RequestRefused("it is no certificate signing request") from None


def _check_name(request: x509.CertificateSigningRequest, identity: str) -> None:
    try:
        names = [attribute.value for attribute in request.subject.get_attributes_for_oid(NameOID.COMMON_NAME)]
    except ValueError:
        raise RequestRefused("its subject cannot be read") from None
    if names != [identity]:
        raise RequestRefused("its common name is not the identity of the charge point")
    if len(identity) > MOST_COMMON_NAME:
        raise RequestRefused("the identity is longer than the 64 characters a common name has")


def _check_key(request: x509.CertificateSigningRequest) -> None:
    try:
        key = request.public_key()
    except (ValueError, UnsupportedAlgorithm):
        raise RequestRefused("its key cannot be read") from None
    if isinstance(key, rsa.RSAPublicKey):
        if key.key_size not in RSA_BITS or key.public_numbers().e < 65537:
            raise RequestRefused("its RSA key is not of 2048 to 8192 bits with a sound exponent")
    elif not (isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, CURVES)):
        raise RequestRefused("its key is neither RSA nor on P-256, P-384 or P-521")


def _check_hash(request: x509.CertificateSigningRequest) -> None:
    try:
        sound = isinstance(request.signature_hash_algorithm, HASHES)
    except UnsupportedAlgorithm:
        sound = False
    if not sound:
        raise RequestRefused("its signature is over a weak or unknown hash")


def _signed_by_itself(request: x509.CertificateSigningRequest) -> bool:
    try:
        return request.is_signature_valid
    except (ValueError, InvalidSignature, UnsupportedAlgorithm):
        return False
