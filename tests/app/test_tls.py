"""What the listener shows: a certificate of our own root under its names, renewed in time, or the operator's."""

import ssl
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from sqlalchemy import update

from ohmstead.app.settings import Settings, SettingsError
from ohmstead.app.system import System
from ohmstead.app.tls import ListenerTls, _named
from ohmstead.engines.pki import charge_point_certificate, new_root, pem, server_certificate
from ohmstead.kit.clock import SystemClock
from ohmstead.rooms.devices.certificates.tables import issued_certificate
from ohmstead.simulator.certificates import CSMS, Certificates
from tests.scenarios.secured import secured


def shown(context: ssl.SSLContext, version: ssl.TLSVersion | None = None) -> x509.Certificate:
    """The certificate a handshake in memory brings to light."""
    trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
    if version is not None:
        trusting.maximum_version = version
    up, down = ssl.MemoryBIO(), ssl.MemoryBIO()
    client, server = trusting.wrap_bio(down, up), context.wrap_bio(up, down, server_side=True)
    for _ in range(4):
        for side in (client, server):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue
    presented = client.getpeercert(binary_form=True)
    assert presented is not None
    return x509.load_der_x509_certificate(presented)


def left_in(folder: Path) -> list[Path]:
    return list(folder.iterdir())


def names(certificate: x509.Certificate) -> set[str]:
    found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return {str(one.value) for one in found}


async def test_it_is_renewed_before_it_ends_and_when_it_is_reached_by_other_names(
    system: System, tmp_path: Path
) -> None:
    async def opened(**settings: str) -> ListenerTls:
        chosen = Settings(data_dir=tmp_path, ocpp_tls_port=0, **settings)
        tls = ListenerTls(chosen, system.database, system.authority, system.clock)
        await tls.open()
        return tls

    first = await opened(ocpp_tls_names="csms.example.org, 10.0.0.1")
    before = shown(first.context)
    assert names(before) == {"csms.example.org", "10.0.0.1"}
    await first.refresh()
    again = await opened(ocpp_tls_names="10.0.0.1,csms.example.org")
    assert shown(first.context) == shown(again.context) == before, "it outlives a restart"
    other = await opened(ocpp_tls_names="csms.example.com")
    assert names(shown(other.context)) == {"csms.example.com"}
    assert left_in(tmp_path) == [], "no key lies about"


async def test_it_is_renewed_in_the_context_that_is_in_use(system: System, tmp_path: Path) -> None:
    chosen = Settings(data_dir=tmp_path, ocpp_tls_port=0)
    tls = ListenerTls(chosen, system.database, system.authority, system.clock)
    await tls.open()
    before = shown(tls.context)
    async with system.database.begin() as tx:
        soon = tx.now + timedelta(days=29)
        own = await system.authority.own(tx)
        assert own is not None
        await tx.run(update(issued_certificate).where(issued_certificate.c.id == own["id"]).values(not_after=soon))
    await tls.refresh()
    assert shown(tls.context).serial_number != before.serial_number


async def test_tls_1_1_is_not_spoken(system: System, tmp_path: Path) -> None:
    tls = ListenerTls(Settings(data_dir=tmp_path, ocpp_tls_port=0), system.database, system.authority, system.clock)
    await tls.open()
    assert shown(tls.context, ssl.TLSVersion.TLSv1_2)
    with pytest.warns(DeprecationWarning, match="TLSv1_1"), pytest.raises(ssl.SSLError):
        shown(tls.context, ssl.TLSVersion.TLSv1_1)


async def test_an_operators_own_certificate_is_shown(system: System, tmp_path: Path) -> None:
    clock = SystemClock(10.0)
    root, key = new_root("Public", clock.now()), ec.generate_private_key(ec.SECP256R1())
    chain, secret = tmp_path / "chain.pem", tmp_path / "key.pem"
    chain.write_text(pem(server_certificate(root, ["127.0.0.1"], key.public_key(), clock.now())))
    secret.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    async with secured(system.dsn, tmp_path, clock, ocpp_tls_certificate=chain, ocpp_tls_key=secret) as place:
        await place.charge_point("BROUGHT")
        assert await place.knock("BROUGHT", tls=True) == 0, "our root has nothing to say of it"
        context = Certificates(roots={CSMS: [root.certificate_text]}).context(False)
        async with place.dial("BROUGHT", True, "0123456789abcdef", context) as opened:
            assert opened.subprotocol == "ocpp1.6"


@pytest.mark.parametrize("setting", ["ocpp_tls_certificate", "ocpp_client_ca"])
async def test_a_file_that_will_not_do_is_named(system: System, tmp_path: Path, setting: str) -> None:
    nonsense = tmp_path / "nonsense.pem"
    nonsense.write_text("nonsense")
    for path in (nonsense, tmp_path / "nowhere.pem"):
        chosen = Settings(data_dir=tmp_path, ocpp_tls_port=0, **{setting: path})
        with pytest.raises(SettingsError, match=setting):
            await ListenerTls(chosen, system.database, system.authority, system.clock).open()


@pytest.mark.parametrize("told", ["in the name of CP-9", None, b"nonsense"])
def test_a_later_python_tells_the_chain_itself(told: str | bytes | None) -> None:
    """3.13 has a method for it that gives DER."""

    class Handshake:
        def get_verified_chain(self) -> list[bytes]:
            if told is None or isinstance(told, bytes):
                return [] if told is None else [told]
            key = ec.generate_private_key(ec.SECP256R1())
            now = SystemClock().now()
            leaf = charge_point_certificate(new_root("Elsewhere", now), "CP-9", key.public_key(), now)
            return [leaf.public_bytes(Encoding.DER)]

    named = _named(Handshake())  # type: ignore[arg-type]
    assert named == ("CP-9" if isinstance(told, str) else None)
