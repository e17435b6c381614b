"""Requests held to rules: sound ones pass however they are written, whatever is wrong with one refuses it."""

import base64

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa
from cryptography.hazmat.primitives.hashes import SHA3_256, SHA256, SHA384, SHA512, HashAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID
from hypothesis import given, settings
from hypothesis import strategies as st

from ohmstead.engines.pki import RequestRefused, checked

KEY = ec.generate_private_key(ec.SECP256R1())
ANOTHER_KEY = ec.generate_private_key(ec.SECP256R1())


def signed(*common_names: str, key: object = KEY, hash: HashAlgorithm | None = SHA256()) -> bytes:
    """A request in DER."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, one) for one in common_names])
    return x509.CertificateSigningRequestBuilder().subject_name(name).sign(key, hash).public_bytes(Encoding.DER)  # type: ignore[arg-type]


def point(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def written(request: bytes) -> str:
    return x509.load_der_x509_csr(request).public_bytes(Encoding.PEM).decode()


GOOD = signed("CP-1")


@pytest.mark.parametrize("hash", [SHA256(), SHA384(), SHA512()])
def test_a_sound_request_is_taken_in_each_of_its_forms(hash: HashAlgorithm) -> None:
    request = signed("CP-1", hash=hash)
    plain = base64.b64encode(request).decode()
    forms = (
        written(request),
        written(request).replace("\n", "\r\n"),
        written(request).replace("CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST"),
        plain,
        plain[:40] + "\n" + plain[40:],
    )
    for form in forms:
        assert checked(form, "CP-1").public_key() == KEY.public_key()


@pytest.mark.parametrize("curve", [ec.SECP256R1(), ec.SECP384R1(), ec.SECP521R1()])
def test_curves_that_will_do(curve: ec.EllipticCurve) -> None:
    assert checked(written(signed("CP-1", key=ec.generate_private_key(curve))), "CP-1")


@pytest.mark.parametrize(
    ("request_", "why"),
    [
        (signed("CP-2"), "common name"),
        (signed("cp-1"), "common name"),
        (signed("CP-1 "), "common name"),
        (signed(), "common name"),
        (signed("CP-1", "CP-1"), "common name"),
        (signed("CP-2", "CP-1"), "common name"),
        (signed("CP-1", key=rsa.generate_private_key(65537, 1024)), "RSA key"),
        (signed("CP-1", key=rsa.generate_private_key(3, 2048)), "RSA key"),
        (signed("CP-1", key=ec.generate_private_key(ec.SECP192R1())), "neither RSA nor"),
        (signed("CP-1", key=ec.generate_private_key(ec.SECP256K1())), "neither RSA nor"),
        (signed("CP-1", key=ed25519.Ed25519PrivateKey.generate(), hash=None), "neither RSA nor"),
        (signed("CP-1", key=dsa.generate_private_key(2048)), "neither RSA nor"),
        (signed("CP-1", hash=SHA3_256()), "hash"),
        (GOOD[:-1] + bytes([GOOD[-1] ^ 1]), "signature"),
        (GOOD.replace(point(KEY), point(ANOTHER_KEY)), "signature"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said(request_: bytes, why: str) -> None:
    with pytest.raises(RequestRefused, match=why):
        checked(base64.b64encode(request_).decode(), "CP-1")


def test_a_name_that_no_certificate_holds() -> None:
    with pytest.raises(RequestRefused):
        checked(written(GOOD), "C" * 65)


@given(st.text(max_size=6000))
def test_no_text_is_a_request(text: str) -> None:
    with pytest.raises(RequestRefused):
        checked(text, "CP-1")


@given(st.data())
@settings(max_examples=1000, deadline=None)
def test_no_damaged_request_is_taken(data: st.DataObject) -> None:
    """A flipped bit, a cut, a repetition, a piece of something else anywhere: it is refused, unless what is signed is
    untouched (the wrapping of a signature has a bit or two that mean nothing)."""
    at = data.draw(st.integers(0, len(GOOD) - 1))
    how = data.draw(st.sampled_from(["flip", "cut", "double", "insert"]))
    damaged = {
        "flip": lambda: GOOD[:at] + bytes([GOOD[at] ^ (1 << data.draw(st.integers(0, 7)))]) + GOOD[at + 1 :],
        "cut": lambda: GOOD[:at],
        "double": lambda: GOOD[:at] + GOOD[at : at + 8] + GOOD[at:],
        "insert": lambda: GOOD[:at] + data.draw(st.binary(min_size=1, max_size=8)) + GOOD[at:],
    }[how]()
    wrapped = base64.b64encode(damaged).decode()
    fenced = f"-----BEGIN CERTIFICATE REQUEST-----\n{wrapped}\n-----END CERTIFICATE REQUEST-----\n"
    for form in (wrapped, fenced):
        try:
            taken = checked(form, "CP-1")
        except RequestRefused:
            continue
        assert taken.tbs_certrequest_bytes == x509.load_der_x509_csr(GOOD).tbs_certrequest_bytes


@given(st.text(min_size=1, max_size=64).filter(lambda name: name != "CP-1"))
def test_no_other_name_is_taken(name: str) -> None:
    try:
        request = signed(name)
    except ValueError:
        return  # no name at all
    with pytest.raises(RequestRefused, match="common name"):
        checked(written(request), "CP-1")
