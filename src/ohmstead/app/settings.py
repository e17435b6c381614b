"""Settings: from the command line, the environment (OHMSTEAD_*), a TOML file and defaults, in this order of rank."""

import os
import tomllib
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

Port = Annotated[int, Meta(ge=0, le=65535)]
Days = Annotated[int, Meta(ge=1, le=36_500)]
Role = Literal["all", "api", "gateway", "worker"]
PREFIX = "OHMSTEAD_"
PATHS = (Path, Path | None)


class SettingsError(Exception):
    """A setting is wrong; the text names it."""


class Settings(Struct, kw_only=True, forbid_unknown_fields=True):
    """Everything an operator may set. Each is also `OHMSTEAD_<NAME>` and a key of the TOML file."""

    role: Role = "all"  # what this process does of the whole
    node_name: str | None = None  # its name among others; None: the machine's name and the port
    host: str = "127.0.0.1"
    port: Port = 8000
    ocpp_host: str = "127.0.0.1"
    ocpp_port: Port = 9000
    ocpp_tls_port: Port | None = None  # for security profiles 2 and 3; None: no TLS
    ocpp_tls_names: Annotated[str, Meta(pattern=r"[^,\s]")] = "localhost,127.0.0.1"  # whom our certificate is for
    ocpp_tls_certificate: Path | None = None  # PEM, with its chain; None: one of our own root
    ocpp_tls_key: Path | None = None  # PEM; None: in the file of the certificate
    ocpp_client_ca: Path | None = None  # PEM; whose client certificates are believed, beside those of our own root
    ocpp_url: str | None = None  # where charge points reach ocpp_port: told to those that change their profile
    ocpp_tls_url: str | None = None  # where they reach ocpp_tls_port; None: the first of ocpp_tls_names
    ocpp_refusals_per_minute: Annotated[int, Meta(ge=1)] = 30  # of one address; then it is not looked at for a while
    data_dir: Path = Path(".ohmstead")
    database_url: str | None = None  # an external PostgreSQL; None: the embedded one in data_dir
    database_connections: Annotated[int, Meta(ge=2, le=500)] = 16
    api_connections: Annotated[int, Meta(ge=16)] = 1_000  # to the API's port at once; charge points have the rest
    api_refusals_per_minute: Annotated[int, Meta(ge=1)] = 30  # unknown tokens of one address; then it is held back
    open_calls_per_minute: Annotated[int, Meta(ge=1)] = 60  # without a token, of one address
    rate_limit_per_minute: Annotated[int, Meta(ge=1)] = 1_000
    rate_limit_per_day: Annotated[int, Meta(ge=1)] = 100_000
    public_url: str | None = None  # where charge points and drivers reach the API's port; None: where its callers do
    private_hosts: str = ""  # that we may ask though they are not public; by comma
    tenant: Annotated[str, Meta(pattern=r"\A[!-~]{1,100}\Z")] = "ohmstead"  # X-Tenant of webhooks: who tells
    load_balancer_url: str | None = None  # asked for the limits of circuits with load balancing integration 3
    trusts_proxy: bool = False  # honour X-Forwarded-*: only behind a proxy of yours
    log_level: Annotated[str, Meta(pattern="^(debug|info|warning|error)$")] = "info"
    log_json: bool = False
    heartbeat_interval: Annotated[int, Meta(ge=10, le=86_400)] = 60  # s, told to charge points at boot
    command_timeout: Annotated[float, Meta(gt=0, le=600)] = 60.0  # s to wait for a charge point's answer
    boot_timeout: Annotated[float, Meta(ge=0, le=3_600)] = 30.0  # s until who connects and does not boot is asked to
    lost_stop_grace: Annotated[float, Meta(ge=10, le=86_400)] = 120.0  # s a state may contradict a charge, then it ends
    ocpp_compression: bool = False  # permessage-deflate on charge point sockets: less traffic for more memory and CPU
    ocpp_plain_frames: bool = True  # take usual frames apart ourselves; False: leave all to the WebSocket library
    meter_period: Annotated[float, Meta(gt=0, le=3_600)] = 10.0  # s between readings expected of electricity meters
    unmanaged_margin: Annotated[float, Meta(ge=0)] | None = None  # A kept free for loads we do not steer; None: learned
    price_files: Path | None = None  # a folder of files with imported prices; None: none are imported
    keep_communication_log: Days = 90  # days until frames of charge points are dropped, by whole months
    keep_security_events: Days = 365  # days until security events are dropped
    keep_uploads: Days = 90  # days until logs that charge points uploaded are removed
    stripe_secret_key: str | None = None  # sk_…; None: there is no Stripe here
    stripe_publishable_key: str = ""  # pk_…, which apps enter cards with
    stripe_webhook_secret: str = ""  # whsec_…, of the endpoint /public-api/internal/gateway-events/v1.0/stripe
    stripe_api_base: str | None = None  # where Stripe is reached; None: where it is
    gateway: str = "embedded"  # the payment provider of new payments; `embedded` takes test cards only
    smtp_url: str | None = None  # smtp[s]://user:password@host:port; None: e-mails are files in data_dir/mail
    mail_from: str | None = None  # whom they come from, with a name or without: Ohmstead <mail@example.org>
    clock: Annotated[datetime, Meta(tz=True)] | None = None  # what it tells at the start: a rehearsal; None: real time
    speed: Annotated[float, Meta(gt=0, le=3_600)] | None = None  # s of that clock in each real s; None: 1
    rotation: Annotated[float, Meta(ge=0)] = (
        900.0  # s a session charges before it gives way to who waits; 0: it does not
    )
    limit_lease: Annotated[float, Meta(ge=120, le=86_400)] = 1800.0  # s a current limit holds without being renewed

    @property
    def ocsp_url(self) -> str | None:
        """Where others are told the status of our certificates; None where nobody said where we are reached."""
        return self.public_url and self.public_url.rstrip("/") + "/pki/ocsp"

    @property
    def takes_stations(self) -> bool:
        """Whether charge points connect to this process."""
        return self.role in ("all", "gateway")

    @property
    def serves_api(self) -> bool:
        """Whether this process serves the public API."""
        return self.role in ("all", "api")

    @property
    def works(self) -> bool:
        """Whether this process tells facts, keeps schedules and manages loads."""
        return self.role in ("all", "worker")


def load(given: Mapping[str, Any], environment: Mapping[str, str] = os.environ) -> Settings:
    """The settings; SettingsError names the one that is wrong and where it came from. `given` holds what the command
    line set (None: not set)."""
    merged: dict[str, tuple[Any, str]] = {}
    file = environment.get(PREFIX + "CONFIG")
    if file:
        merged |= {name: (value, file) for name, value in _toml(Path(file)).items()}
    for name in Settings.__struct_fields__:
        if (text := environment.get(PREFIX + name.upper())) is not None:
            merged[name] = (text, PREFIX + name.upper())
    merged |= {name: (value, f"--{name.replace('_', '-')}") for name, value in given.items() if value is not None}
    return _convert(merged)


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text())
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"{path}: {error}") from None


def _convert(merged: Mapping[str, tuple[Any, str]]) -> Settings:
    known = Settings.__annotations__
    values: dict[str, Any] = {}
    for name, (value, source) in merged.items():
        if name not in known:
            raise SettingsError(f"{source}: there is no setting {name!r}")
        try:
            values[name] = Path(value) if known[name] in PATHS else msgspec.convert(value, known[name], strict=False)
        except (msgspec.ValidationError, TypeError) as error:
            raise SettingsError(f"{source} (setting {name!r}): {error}") from None
    return Settings(**values)
