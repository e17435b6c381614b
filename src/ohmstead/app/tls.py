"""TLS of the listener: what it shows to charge points, whom it believes, and how both are kept up to date."""

import ssl
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from cryptography import x509
from cryptography.x509.oid import NameOID

from ohmstead.app.settings import Settings, SettingsError
from ohmstead.kit.clock import Clock
from ohmstead.kit.db import Database
from ohmstead.rooms.devices.certificates import Authority

RENEW_BEFORE = timedelta(days=30)
LOOK_EVERY_S = 3600.0
CIPHERS = "ECDHE+AESGCM:ECDHE+CHACHA20:DHE+AESGCM:AES128-GCM-SHA256:AES256-GCM-SHA384"
"""Of TLS 1.2; the last two are the least that OCPP asks for (1.6 security whitepaper, table 10)."""


Refused = Callable[[str, str | None], None]
"""Told why a client certificate was not believed, and what it says to be the name of who it is for."""


def names(settings: Settings) -> list[str]:
    """The host names and addresses under which charge points reach the listener."""
    return [name.strip() for name in settings.ocpp_tls_names.split(",") if name.strip()]


class ListenerTls:
    """One context for all handshakes to come; its certificate is changed in it, so nobody has to be sent away."""

    def __init__(self, settings: Settings, database: Database, authority: Authority, clock: Clock) -> None:
        self._settings, self._database, self._authority, self._clock = settings, database, authority, clock
        self._shown: str | None = None
        self.refused: Refused = lambda reason, named: None
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.sslobject_class = _watched(lambda reason, named: self.refused(reason, named))
        self.context.minimum_version = ssl.TLSVersion.TLSv1_2
        self.context.set_ciphers(CIPHERS)
        self.context.verify_mode = ssl.CERT_OPTIONAL  # a password will do, where it is to

    async def open(self) -> None:
        """Believe our root and the operator's, show a certificate; SettingsError where a file will not do."""
        async with self._database.begin() as tx:
            root = await self._authority.root(tx)
        self.context.load_verify_locations(cadata=root.certificate_text)
        if self._settings.ocpp_client_ca is not None:
            self._load("ocpp_client_ca", lambda: self.context.load_verify_locations(self._settings.ocpp_client_ca))
        await self.refresh()

    async def refresh(self) -> None:
        """Show the operator's certificate, read anew; or ours, renewed where it ends soon or the names are others."""
        chain, key = self._settings.ocpp_tls_certificate, self._settings.ocpp_tls_key
        if chain is not None:
            self._load("ocpp_tls_certificate", lambda: self.context.load_cert_chain(chain, key))
        else:
            await self._show_own()

    async def keep_up(self) -> None:
        """Look every hour, for ever."""
        while True:
            await self._clock.sleep(LOOK_EVERY_S)
            await self.refresh()

    async def _show_own(self) -> None:
        wanted = names(self._settings)
        async with self._database.begin() as tx:
            own = await self._authority.own(tx)
            if own is None or own["not_after"] - tx.now < RENEW_BEFORE or _names(own["certificate"]) != set(wanted):
                own = await self._authority.issue_own(tx, wanted)
        if own["serial"] == self._shown:
            return
        with TemporaryDirectory(dir=self._settings.data_dir) as folder:  # mode 0700; OpenSSL reads from files alone
            chain, key = Path(folder) / "chain.pem", Path(folder) / "key.pem"
            chain.write_text(own["certificate"])
            key.write_text(self._authority.key_of(own))
            self.context.load_cert_chain(chain, key)
        self._shown = own["serial"]

    def _load(self, setting: str, load: Callable[[], None]) -> None:
        try:
            load()
        except (OSError, ssl.SSLError) as error:
            raise SettingsError(f"{setting}: {error}") from None


def _watched(refused: Refused) -> type[ssl.SSLObject]:
    """A handshake that tells of client certificates it does not believe; otherwise nobody would hear of them."""

    class Watched(ssl.SSLObject):
        def do_handshake(self) -> None:
            try:
                super().do_handshake()
            except ssl.SSLCertVerificationError as error:
                refused(error.verify_message, _named(self))
                raise

    return Watched


def _named(handshake: ssl.SSLObject) -> str | None:
    """The common name in the certificate that a failed handshake was for, if there is one that can be read. Python 3.13
    tells the chain as it was tried (DER); those before know it too, behind their own object (PEM)."""
    tried = getattr(handshake, "get_verified_chain", None)
    tried = tried or getattr(getattr(handshake, "_sslobj", None), "get_verified_chain", None)
    if tried is None or not (chain := tried()):
        return None
    try:
        found = _read(chain[0])
        return str(found.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value)
    except (ValueError, IndexError):
        return None


def _read(certificate: Any) -> x509.Certificate:
    if isinstance(certificate, bytes):
        return x509.load_der_x509_certificate(certificate)
    return x509.load_pem_x509_certificate(certificate.public_bytes().encode())


def _names(certificate: str) -> set[str]:
    """The names a certificate of ours is for."""
    extensions = x509.load_pem_x509_certificate(certificate.encode()).extensions
    alternatives = extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return {str(one.value) for one in alternatives}
