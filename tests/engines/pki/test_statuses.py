"""Statuses: what is believed of a responder's answer, and what is not."""

from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.ocsp import OCSPResponseBuilder, OCSPResponseStatus

from ohmstead.engines.pki import CertificateHash, Root, StatusRefused, charge_point_certificate, hashed, new_root
from ohmstead.engines.pki.statuses import asked, believed, is_by, new_signer, question, refusal, status

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
ROOT = new_root("Test Root", NOW)


def certificate_of(root: Root) -> CertificateHash:
    key = ec.generate_private_key(ec.SECP256R1()).public_key()
    return hashed(charge_point_certificate(root, "CP-1", key, NOW), root.certificate)


def told(about: CertificateHash, at: datetime = NOW) -> bytes:
    return status(new_signer(ROOT, at), asked(question(about)), True, None, at)


@pytest.mark.parametrize("algorithm", ["SHA256", "SHA384", "SHA512"])
def test_a_question_is_made_of_hashes_alone(algorithm: str) -> None:
    leaf = charge_point_certificate(ROOT, "CP-1", ec.generate_private_key(ec.SECP256R1()).public_key(), NOW)
    request = asked(question(hashed(leaf, ROOT.certificate, algorithm)))  # type: ignore[arg-type]
    assert request.serial_number == leaf.serial_number
    assert is_by(ROOT.certificate, request)
    assert not is_by(new_root("Test Root", NOW).certificate, request), "the same name, another key"


@pytest.mark.parametrize(
    "wrong", [{"issuer_name": "zz"}, {"issuer_key": "abcd"}, {"serial": ""}, {"serial": "-1"}, {"algorithm": "MD5"}]
)
def test_what_is_no_hash_makes_no_question(wrong: dict[str, str]) -> None:
    with pytest.raises(StatusRefused):
        question(certificate_of(ROOT)._replace(**wrong))


def test_an_answer_of_today_is_believed_until_it_ends() -> None:
    about = certificate_of(ROOT)
    answer = believed(told(about), question(about), NOW)
    assert answer.until == NOW + timedelta(days=1)
    assert believed(told(about), question(about), NOW - timedelta(minutes=4)), "clocks differ"


def test_an_answer_to_another_question_or_of_another_day_is_not() -> None:
    about, other = certificate_of(ROOT), certificate_of(ROOT)
    refused = OCSPResponseBuilder.build_unsuccessful(OCSPResponseStatus.TRY_LATER)
    for raw, at in (
        (told(other), NOW),
        (told(about), NOW + timedelta(days=1)),
        (told(about), NOW - timedelta(minutes=6)),
        (b"nonsense", NOW),
        (refusal(ours=False), NOW),
        (refused.public_bytes(Encoding.DER), NOW),
    ):
        with pytest.raises(StatusRefused):
            believed(raw, question(about), at)


def test_what_asks_for_nothing_is_not_answered() -> None:
    for raw in (b"", b"nonsense", b"\x30\x00"):
        with pytest.raises(StatusRefused):
            asked(raw)
