"""Endpoints: where subscribers have their notifications sent, and what is wrong with some of them."""

import importlib.util
import ipaddress
import socket
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Annotated, Any, Literal, get_args
from urllib.parse import unquote, urlsplit

from msgspec import Meta, to_builtins

from ohmstead.kit.db import Row
from ohmstead.kit.ports import Port
from ohmstead.kit.views import HttpUrl, View
from ohmstead.rooms.notices.kafka import broker_address
from ohmstead.rooms.operator.admins import Vault
from ohmstead.rooms.operator.outbound import IPAddress, NotPublic, Outbound

_HTTP: Meta = get_args(HttpUrl)[1]
CallbackUrl = Annotated[str, Meta(max_length=500, pattern=_HTTP.pattern, extra_json_schema=_HTTP.extra_json_schema)]
Broker = Annotated[
    str,
    Meta(
        max_length=255,
        pattern=r"^(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?$(?!\n)",
        description="A host, and its port where that is not 9092.",
    ),
]
_SAME_ACCOUNT = ("brokers", "securityProtocol", "saslMechanism", "saslUsername")


class Webhook(View):
    """Requests to a URL; its query string is kept."""

    callback_url: CallbackUrl


class Kafka(View):
    """Messages of a topic."""

    topic: Annotated[str, Meta(max_length=249, pattern=r"^(?!\.{1,2}$)[A-Za-z0-9._-]+$(?!\n)")]
    brokers: Annotated[list[Broker], Meta(min_length=1)]
    compression_codec: Literal["none", "gzip", "snappy", "lz4"] = "gzip"
    security_protocol: Literal["PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] | None = "PLAIN"
    sasl_username: str | None = None
    sasl_password: Annotated[str | None, Meta(description="Is kept, and never shown.")] = None


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Whom we may send to, and what their passwords are encrypted with."""

    outbound: Outbound
    vault: Vault

    def objection(self, url: str) -> str | None:
        """What is wrong with a URL. What a host's name means is looked at when it is sent to."""
        parts = urlsplit(url)
        if parts.username is not None or parts.password is not None:
            return "The callback url may not hold a user name or a password."
        try:
            _ = parts.port
        except ValueError:
            return "The callback url has a port that is none."
        return (
            None if self._may_be_public(unquote(parts.hostname or "")) else "The callback url must be of a public host."
        )

    def objections(self, brokers: list[str]) -> Iterator[tuple[int, str]]:
        """What is wrong with brokers, by their places."""
        for number, broker in enumerate(brokers):
            try:
                host, _ = broker_address(broker)
            except ValueError:
                yield number, "A broker is a host, or a host and a port."
                continue
            if not self._may_be_public(host):
                yield number, "A broker must be a public host."

    def _may_be_public(self, host: str) -> bool:
        host = host.rstrip(".").lower()
        try:
            self.outbound.passes(host, _said(host))
        except NotPublic:
            return False
        return True


endpoints: Port[Endpoints] = Port("endpoints of subscribers")


def _said(host: str) -> list[IPAddress]:
    """The address that a host says by itself, if it says one. NotPublic where it is not written in full (127.1,
    0x7f000001): to some it is an address, to others none."""
    if host == "localhost" or host.endswith(".localhost"):
        return [ipaddress.IPv4Address("127.0.0.1")]
    with suppress(ValueError):
        return [ipaddress.ip_address(host)]
    with suppress(OSError):
        socket.inet_aton(host)
        raise NotPublic
    return []


def wrong_account(kafka: Kafka, password: str | None) -> Iterator[tuple[str, str]]:
    """What is wrong with how we are to log in: the field and the text."""
    if kafka.security_protocol == "PLAINTEXT":
        if kafka.sasl_username or kafka.sasl_password:
            yield "kafka.securityProtocol", "A user name and a password are only sent by SASL_SSL."
        return
    if not kafka.sasl_username:
        yield "kafka.saslUsername", "The kafka sasl username is required for SASL_SSL."
    if not password:
        yield "kafka.saslPassword", "The kafka sasl password is required for SASL_SSL."


def shown(kafka: Kafka) -> dict[str, Any]:
    """What the API shows of it, which is what is kept of it in the clear."""
    said = to_builtins(kafka) | {"saslPassword": None}
    return said | {"saslMechanism": kafka.sasl_mechanism or "PLAIN", "saslUsername": kafka.sasl_username or None}


def password_of(kafka: Kafka, before: Row | None, vault: Vault) -> str | None:
    """The password that is given, or, where it is left out, the one we know for the same account with the same brokers:
    nobody has it sent elsewhere by leaving it out."""
    if kafka.sasl_password or before is None or before["kafka_password"] is None:
        return kafka.sasl_password or None
    known, said = before["kafka"], shown(kafka)
    same = all(known.get(name) == said[name] for name in _SAME_ACCOUNT)
    return vault.open(before["kafka_password"]) if same else None


def speaks_kafka() -> bool:
    """Whether a client of Kafka is installed."""
    return importlib.util.find_spec("confluent_kafka") is not None
