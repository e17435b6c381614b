"""Certificates of the authority, held to OpenSSL, to TLS's own rules and to an independent reading of OCPP's hashes."""

import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256, SHA384
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.ocsp import OCSPRequestBuilder
from cryptography.x509.oid import NameOID

from ohmstead.engines.pki import (
    CONTRACT_VALID_FOR,
    Root,
    charge_point_certificate,
    checked,
    contract_certificate,
    hashed,
    new_root,
    pem,
    revocation_list,
    server_certificate,
)
from ohmstead.engines.pki.hashes import serial

NOW = datetime.now(UTC).replace(microsecond=0)
KEYS = {
    "P-256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "P-384": lambda: ec.generate_private_key(ec.SECP384R1()),
    "RSA": lambda: rsa.generate_private_key(65537, 2048),
}


@pytest.fixture(scope="module")
def root() -> Root:
    return new_root("Test Root", NOW)


def verify(folder: Path, root: Root, certificate: x509.Certificate, *options: str) -> tuple[int, str]:
    """What `openssl verify` makes of a chain."""
    (folder / "root.pem").write_text(root.certificate_text)
    (folder / "leaf.pem").write_text(pem(certificate))
    words = ["openssl", "verify", "-x509_strict", "-CAfile", "root.pem", *options, "leaf.pem"]
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


def test_openssl_believes_the_chain_of_a_contract(root: Root, tmp_path: Path) -> None:
    made = contract_certificate(root, "DEOHMC0A0B7K42A", KEYS["P-256"]().public_key(), NOW, "http://ocsp.example/")
    assert verify(tmp_path, root, made) == (0, "leaf.pem: OK\n")
    late = str(int((NOW + CONTRACT_VALID_FOR + timedelta(days=1)).timestamp()))
    assert "expired" in verify(tmp_path, root, made, "-attime", late)[1]
    assert [one.value for one in made.subject.get_attributes_for_oid(NameOID.COMMON_NAME)] == ["DEOHMC0A0B7K42A"]


@pytest.mark.parametrize("kind", KEYS)
def test_openssl_believes_the_chain_of_a_charge_point(root: Root, tmp_path: Path, kind: str) -> None:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "CP-1")])
    request = x509.CertificateSigningRequestBuilder().subject_name(name).sign(KEYS[kind](), SHA384())
    text = request.public_bytes(Encoding.PEM).decode()
    made = charge_point_certificate(root, "CP-1", checked(text, "CP-1").public_key(), NOW)
    assert verify(tmp_path, root, made, "-purpose", "sslclient") == (0, "leaf.pem: OK\n")
    assert verify(tmp_path, root, made, "-purpose", "sslserver")[0] != 0
    assert verify(tmp_path, new_root("Test Root", NOW), made)[0] != 0
    late = str(int((NOW + timedelta(days=366)).timestamp()))
    assert "expired" in verify(tmp_path, root, made, "-attime", late)[1]
    assert [one.value for one in made.subject.get_attributes_for_oid(NameOID.COMMON_NAME)] == ["CP-1"]


def test_openssl_believes_the_listener_under_its_names_alone(root: Root, tmp_path: Path) -> None:
    names = ["csms.example.org", "10.0.0.1"]
    made = server_certificate(root, names, ec.generate_private_key(ec.SECP256R1()).public_key(), NOW)
    for options in (("-verify_hostname", names[0]), ("-verify_ip", names[1])):
        assert verify(tmp_path, root, made, "-purpose", "sslserver", *options)[0] == 0
    assert verify(tmp_path, root, made, "-verify_hostname", "other.example.org")[0] != 0
    assert verify(tmp_path, root, made, "-purpose", "sslclient")[0] != 0


def test_a_leaf_signs_nothing(root: Root, tmp_path: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    leaf = charge_point_certificate(root, "CP-1", key.public_key(), NOW)
    below = charge_point_certificate(Root(leaf, key), "CP-2", KEYS["P-256"]().public_key(), NOW)
    (tmp_path / "between.pem").write_text(pem(leaf))
    assert verify(tmp_path, root, below, "-untrusted", "between.pem")[0] != 0


def test_openssl_refuses_what_the_list_says_is_revoked(root: Root, tmp_path: Path) -> None:
    made = [charge_point_certificate(root, "CP-1", KEYS["P-256"]().public_key(), NOW) for _ in range(2)]
    (tmp_path / "list.der").write_bytes(revocation_list(root, [(serial(made[0]), NOW)], NOW))
    convert = ["openssl", "crl", "-inform", "DER", "-in", "list.der", "-out", "list.pem"]
    subprocess.run(convert, cwd=tmp_path, check=True, capture_output=True)
    options = ("-crl_check", "-CRLfile", "list.pem")
    assert "revoked" in verify(tmp_path, root, made[0], *options)[1]
    assert verify(tmp_path, root, made[1], *options)[0] == 0


@pytest.mark.parametrize("kind", KEYS)
def test_hashes_are_those_of_ocsp(root: Root, kind: str) -> None:
    leaf = charge_point_certificate(root, "CP-1", KEYS[kind]().public_key(), NOW)
    for certificate in (leaf, root.certificate):
        asked = OCSPRequestBuilder().add_certificate(certificate, root.certificate, SHA256()).build()
        name, key = asked.issuer_name_hash.hex(), asked.issuer_key_hash.hex()
        assert hashed(certificate, root.certificate) == ("SHA256", name, key, f"{asked.serial_number:x}")


def test_the_hash_of_an_rsa_root_is_of_its_key_alone() -> None:
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Maker")])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    certificate = builder.serial_number(7).not_valid_before(NOW).not_valid_after(NOW + timedelta(1)).sign(key, SHA256())
    asked = OCSPRequestBuilder().add_certificate(certificate, certificate, SHA256()).build()
    assert hashed(certificate, certificate).issuer_key == asked.issuer_key_hash.hex()


def test_a_root_is_read_as_it_was_written(root: Root) -> None:
    again = Root.read(root.certificate_text, root.key_text)
    assert again.certificate == root.certificate
    assert again.key_text == root.key_text
