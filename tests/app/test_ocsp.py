"""Our responder (OCSP), asked by OpenSSL and by the letters of RFC 6960; and where certificates say it is."""

import asyncio
import base64
from pathlib import Path
from urllib.parse import quote

import aiohttp
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.ocsp import OCSPRequestBuilder, OCSPResponseStatus, load_der_ocsp_response
from cryptography.x509.oid import NameOID
from yarl import URL

from ohmstead.app.settings import Settings
from ohmstead.app.system import System
from ohmstead.engines.pki import charge_point_certificate, new_root, pem
from ohmstead.rooms.devices.certificates import Authority, revoke
from tests.given import Given


async def issued(system: System, given: Given, folder: Path, authority: Authority | None = None) -> x509.Certificate:
    """A certificate of a charge point and its root, as files too."""
    point = await given.charge_point()
    identity = point["network"]["id"]
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, identity)])
    request = (
        x509.CertificateSigningRequestBuilder()
        .subject_name(name)
        .sign(ec.generate_private_key(ec.SECP256R1()), SHA256())
    )
    async with system.database.begin() as tx:
        row = await (authority or system.authority).issue(tx, point["id"], identity, request)
        (folder / "root.pem").write_text((await system.authority.root(tx)).certificate_text)
    (folder / "leaf.pem").write_text(row["certificate"])
    return x509.load_pem_x509_certificate(row["certificate"].encode())


async def asked_by_openssl(folder: Path, base: str, *options: str) -> str:
    words = ["ocsp", "-issuer", "root.pem", "-cert", "leaf.pem", "-CAfile", "root.pem", "-url", f"{base}/pki/ocsp"]
    asking = await asyncio.create_subprocess_exec(
        "openssl", *words, *options, cwd=folder, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    said, _ = await asking.communicate()
    return said.decode()


@pytest.mark.parametrize("options", [(), ("-no_nonce",)])
async def test_openssl_is_told_good_and_revoked(
    system: System, running: tuple[System, str], given: Given, tmp_path: Path, options: tuple[str, ...]
) -> None:
    leaf = await issued(system, given, tmp_path)
    said = await asked_by_openssl(tmp_path, running[1], *options)
    assert "Response verify OK" in said, said
    assert "leaf.pem: good" in said
    assert options or "WARNING" not in said, "the nonce came back"
    async with system.database.begin() as tx:
        assert await revoke(tx, f"{leaf.serial_number:x}") == 1
    said = await asked_by_openssl(tmp_path, running[1], *options)
    assert "Response verify OK" in said
    assert "leaf.pem: revoked" in said
    assert "Revocation Time" in said


async def test_a_number_nobody_gave_is_unknown(
    system: System, running: tuple[System, str], given: Given, tmp_path: Path
) -> None:
    await issued(system, given, tmp_path)
    async with system.database.begin() as tx:
        root = await system.authority.root(tx)
        never = charge_point_certificate(root, "CP", ec.generate_private_key(ec.SECP256R1()).public_key(), tx.now)
    (tmp_path / "leaf.pem").write_text(pem(never))
    said = await asked_by_openssl(tmp_path, running[1])
    assert "Response verify OK" in said
    assert "leaf.pem: unknown" in said


async def test_it_is_asked_by_get_too(
    system: System, running: tuple[System, str], given: Given, tmp_path: Path
) -> None:
    leaf = await issued(system, given, tmp_path)
    root = x509.load_pem_x509_certificate((tmp_path / "root.pem").read_bytes())
    raw = OCSPRequestBuilder().add_certificate(leaf, root, SHA1()).build().public_bytes(Encoding.DER)
    stranger = new_root("Stranger", system.clock.now()).certificate
    foreign = OCSPRequestBuilder().add_certificate(stranger, stranger, SHA256()).build().public_bytes(Encoding.DER)
    async with aiohttp.ClientSession() as http:

        async def get(asked: bytes) -> OCSPResponseStatus:
            path = quote(base64.b64encode(asked).decode(), safe="")
            async with http.get(f"{running[1]}/pki/ocsp/{path}") as answer:
                assert (answer.status, answer.content_type) == (200, "application/ocsp-response")
                return load_der_ocsp_response(await answer.read()).response_status

        assert await get(raw) is OCSPResponseStatus.SUCCESSFUL
        assert await get(foreign) is OCSPResponseStatus.UNAUTHORIZED
        assert await get(b"nonsense") is OCSPResponseStatus.MALFORMED_REQUEST
        for end in (b"\xff", b"\xff\xff", b"\xff\xff\xff"):  # digits of base64 that are slashes, at the end, too
            assert await get(b"x" * 3 + end) is OCSPResponseStatus.MALFORMED_REQUEST
        for path in ("/no*base64", "/", "", "/%C3%A9", "/%00", "/%FF"):
            async with http.get(URL(f"{running[1]}/pki/ocsp{path}", encoded=True)) as answer:
                assert answer.status == 400, path
        async with http.post(f"{running[1]}/pki/ocsp", data=b"x" * 5000) as answer:
            assert answer.status == 413


async def test_certificates_say_where_only_if_that_is_known(system: System, given: Given, tmp_path: Path) -> None:
    kind = x509.AuthorityInformationAccess
    silent = await issued(system, given, tmp_path)
    with pytest.raises(x509.ExtensionNotFound):
        silent.extensions.get_extension_for_class(kind)
    chosen = Settings(public_url="https://api.example.org/")
    saying = await issued(system, given, tmp_path, Authority(system.vault, chosen.ocsp_url))
    [where] = saying.extensions.get_extension_for_class(kind).value
    assert where.access_location.value == "https://api.example.org/pki/ocsp"
