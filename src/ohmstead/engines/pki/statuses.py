"""Statuses: whether a certificate still counts, asked for and told in the words of OCSP (RFC 6960)."""

from datetime import datetime, timedelta
from typing import Literal

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from msgspec import Struct

from ohmstead.engines.pki.hashes import CertificateHash, issuer_hashes
from ohmstead.engines.pki.leaves import responder_certificate
from ohmstead.engines.pki.roots import Root

NEXT_AFTER = timedelta(days=1)
SLACK = timedelta(minutes=5)  # by which a responder's clock may run ahead of ours
_BY_NAME: dict[str, type[hashes.HashAlgorithm]] = {
    "SHA256": hashes.SHA256, "SHA384": hashes.SHA384, "SHA512": hashes.SHA512,
}  # fmt: skip

Meaning = Literal["good", "revoked", "unknown"]
_MEANINGS: dict[ocsp.OCSPCertStatus, Meaning] = {
    ocsp.OCSPCertStatus.GOOD: "good",
    ocsp.OCSPCertStatus.REVOKED: "revoked",
    ocsp.OCSPCertStatus.UNKNOWN: "unknown",
}


class StatusRefused(Exception):
    """No status comes of this; the text says why."""


class Signer(Struct, frozen=True):
    """Who signs statuses in the place of a root: a key, and the root's word for it, which ends within days."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey


class Told(Struct, frozen=True):
    """A responder's answer (DER), and until when it holds; None: it may be another the next moment."""

    answer: bytes
    until: datetime | None


def new_signer(root: Root, now: datetime) -> Signer:
    """One that the root has appointed, for two days."""
    key = ec.generate_private_key(ec.SECP256R1())
    return Signer(responder_certificate(root, key.public_key(), now), key)


def question(hash: CertificateHash) -> bytes:
    """The request (DER) for the status of a certificate of which no more than its hash is known; StatusRefused where
    that is none."""
    try:
        name, key, number = bytes.fromhex(hash.issuer_name), bytes.fromhex(hash.issuer_key), int(hash.serial, 16)
        builder = ocsp.OCSPRequestBuilder().add_certificate_by_hash(name, key, number, _BY_NAME[hash.algorithm]())
        return builder.build().public_bytes(Encoding.DER)
    except (ValueError, KeyError, OverflowError):
        raise StatusRefused("the hash data is that of no certificate") from None


def asked(raw: bytes) -> ocsp.OCSPRequest:
    """A request (DER) taken apart; StatusRefused where it is none that can be answered."""
    try:
        request = ocsp.load_der_ocsp_request(raw)
        _ = request.hash_algorithm, request.extensions
    except (ValueError, NotImplementedError, UnsupportedAlgorithm):
        raise StatusRefused("it is no request for the status of one certificate") from None
    return request


def believed(raw: bytes, question: bytes, now: datetime) -> Told:
    """A responder's answer, where it is one to this question and of today; StatusRefused otherwise.

    Its signature is left to whoever trusts the issuer, which a hash does not say.
    """
    try:
        answer = ocsp.load_der_ocsp_response(raw)
        if answer.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL:
            raise StatusRefused(f"the responder says {answer.response_status.name}")
        about = _certificate_of(ocsp.load_der_ocsp_request(question))
        [found] = [one for one in answer.responses if _certificate_of(one) == about]
        since, until = found.this_update_utc, found.next_update_utc
    except (ValueError, UnsupportedAlgorithm):
        raise StatusRefused("the answer is none for this certificate") from None
    if since > now + SLACK or (until is not None and until <= now):
        raise StatusRefused("the answer is not of today")
    return Told(raw, until)


def meaning(raw: bytes, question: bytes) -> Meaning:
    """What an answer that was believed says of the certificate."""
    about = _certificate_of(ocsp.load_der_ocsp_request(question))
    [found] = [one for one in ocsp.load_der_ocsp_response(raw).responses if _certificate_of(one) == about]
    return _MEANINGS[found.certificate_status]


def is_by(root: x509.Certificate, one: ocsp.OCSPRequest) -> bool:
    """Whether the certificate a request is about was issued by this root, by its name and its key."""
    return issuer_hashes(root, one.hash_algorithm.name) == (one.issuer_name_hash, one.issuer_key_hash)


def status(signer: Signer, request: ocsp.OCSPRequest, known: bool, revoked_at: datetime | None, now: datetime) -> bytes:
    """The signed answer (DER): good, revoked since when, or that no such certificate is known."""
    meant = ocsp.OCSPCertStatus.GOOD if revoked_at is None else ocsp.OCSPCertStatus.REVOKED
    builder = ocsp.OCSPResponseBuilder().add_response_by_hash(
        request.issuer_name_hash,
        request.issuer_key_hash,
        request.serial_number,
        request.hash_algorithm,
        meant if known else ocsp.OCSPCertStatus.UNKNOWN,
        now,
        now + NEXT_AFTER,
        revoked_at if known else None,
        None,
    )
    builder = builder.responder_id(ocsp.OCSPResponderEncoding.HASH, signer.certificate)
    for extension in request.extensions:
        if isinstance(extension.value, x509.OCSPNonce):
            builder = builder.add_extension(extension.value, critical=False)
    signed = builder.certificates([signer.certificate]).sign(signer.key, hashes.SHA256())
    return signed.public_bytes(Encoding.DER)


def refusal(*, ours: bool) -> bytes:
    """The unsigned answer (DER) to what is no request, or to one about a certificate that is none of `ours`."""
    why = ocsp.OCSPResponseStatus.MALFORMED_REQUEST if ours else ocsp.OCSPResponseStatus.UNAUTHORIZED
    return ocsp.OCSPResponseBuilder.build_unsuccessful(why).public_bytes(Encoding.DER)


def _certificate_of(one: ocsp.OCSPRequest | ocsp.OCSPSingleResponse) -> tuple[str, bytes, bytes, int]:
    return one.hash_algorithm.name, one.issuer_name_hash, one.issuer_key_hash, one.serial_number
