"""Administrators and their tokens: who acts, with which scopes, from which addresses, for which partner."""

import hashlib
import ipaddress
import time
import uuid
from dataclasses import dataclass
from pathlib import Path

from cryptography.fernet import Fernet
from sqlalchemy import ARRAY, BigInteger, Column, ForeignKey, LargeBinary, Text, bindparam, insert, select, update

from ohmstead.kit.clock import Clock
from ohmstead.kit.db import Database, Statement, Tx, table, timestamp
from ohmstead.kit.errors import Unauthenticated
from ohmstead.kit.operations import Actor

admin = table("admin", Column("name", Text, nullable=False), Column("email", Text, unique=True))

api_token = table(
    "api_token",
    Column("admin_id", BigInteger, ForeignKey("admin.id"), nullable=False),
    Column("name", Text, nullable=False),
    Column("hash", LargeBinary, nullable=False, unique=True),  # SHA-256 of a random 122-bit text: no salt is needed
    Column("secret", LargeBinary, nullable=False),  # encrypted, because webhooks are signed with the token itself
    Column("scopes", ARRAY(Text), nullable=False),
    Column("ips", ARRAY(Text)),
    Column("partner_id", BigInteger),
    timestamp("revoked_at"),
)

_BY_HASH = Statement(
    select(api_token.c.id, api_token.c.admin_id, api_token.c.scopes, api_token.c.ips, api_token.c.partner_id).where(
        api_token.c.hash == bindparam("hash"), api_token.c.revoked_at.is_(None)
    )
)
_REMEMBERED_S = 5.0


class Vault:
    """Encrypts secrets at rest with a key kept in the data folder, outside the database."""

    def __init__(self, key: bytes) -> None:
        self._fernet = Fernet(key)

    @classmethod
    def at(cls, path: Path) -> "Vault":
        """The vault whose key is the file `path`, made with the first call (mode 0600)."""
        if not path.exists():
            path.touch(mode=0o600)
            path.write_bytes(Fernet.generate_key())
        return cls(path.read_bytes().strip())

    def close(self, secret: str) -> bytes:
        """Encrypt."""
        return self._fernet.encrypt(secret.encode())

    def open(self, closed: bytes) -> str:
        """Decrypt."""
        return self._fernet.decrypt(closed).decode()


def digest(token: str) -> bytes:
    """What a token is looked up by."""
    return hashlib.sha256(token.encode()).digest()


async def create_token(
    tx: Tx,
    vault: Vault,
    name: str,
    scopes: list[str],
    admin_name: str = "Administrator",
    ips: list[str] | None = None,
    partner_id: int | None = None,
) -> str:
    """A new token of the administrator of that name (made where there is none); its text is shown this once."""
    known = await tx.value(select(admin.c.id).where(admin.c.name == admin_name))
    times = {"created_at": tx.now, "updated_at": tx.now}
    admin_id = known or await tx.value(insert(admin).values(name=admin_name, **times).returning(admin.c.id))
    token = str(uuid.uuid4())
    await tx.run(
        insert(api_token).values(
            admin_id=admin_id, name=name, hash=digest(token), secret=vault.close(token), scopes=scopes,
            ips=ips, partner_id=partner_id, **times,
        )
    )  # fmt: skip
    return token


async def revoke_token(tx: Tx, token_id: int) -> bool:
    """Revoke; False where there is no such living token."""
    living = (api_token.c.id == token_id) & api_token.c.revoked_at.is_(None)
    return bool(await tx.run(update(api_token).where(living).values(revoked_at=tx.now, updated_at=tx.now)))


@dataclass(slots=True)
class _Known:
    """A token as it was last looked up, at `seen` (s, monotonic)."""

    actor: Actor
    networks: list[ipaddress.IPv4Network | ipaddress.IPv6Network] | None
    seen: float


class TokenAuthenticator:
    """Turns an Authorization header into an Actor. A look-up is remembered for 5 s: a revoked token dies in that."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock
        self._known: dict[str, _Known] = {}

    async def __call__(self, header: str | None, remote: str) -> Actor:
        """The actor of `Bearer <token>` or `Bearer <token>:<impersonation>`; Unauthenticated otherwise."""
        if not header or header[:7].lower() != "bearer ":
            raise Unauthenticated
        token = header[7:].strip().partition(":")[0]
        known = self._known.get(token)
        if known is None or time.monotonic() - known.seen > _REMEMBERED_S:
            known = await self._look_up(token)
        if known.networks is not None and not _within(remote, known.networks):
            raise Unauthenticated
        return known.actor

    def forget(self) -> None:
        """Remember no token any more."""
        self._known.clear()

    async def _look_up(self, token: str) -> _Known:
        self._known.pop(token, None)
        async with self._database.read() as tx:
            row = await tx.one(_BY_HASH, hash=digest(token))
        if row is None:
            raise Unauthenticated
        if len(self._known) > 10_000:
            self._known.clear()
        networks = None if row["ips"] is None else [ipaddress.ip_network(one, strict=False) for one in row["ips"]]
        actor = Actor(row["admin_id"], row["id"], frozenset(row["scopes"]), row["partner_id"])
        self._known[token] = known = _Known(actor, networks, time.monotonic())
        return known


def _within(remote: str, networks: list[ipaddress.IPv4Network | ipaddress.IPv6Network]) -> bool:
    try:
        address = ipaddress.ip_address(remote)
    except ValueError:
        return False
    return any(address in network for network in networks)
