"""Administrators and their tokens: who acts, with which scopes, from which addresses, for which partner."""

import hashlib
import hmac
import ipaddress
import math
import time
import uuid
from dataclasses import dataclass
from pathlib import Path

from cryptography.fernet import Fernet
from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    LargeBinary,
    Text,
    any_,
    bindparam,
    insert,
    select,
    update,
)

from ohmstead.engines.throttle import Throttle
from ohmstead.kit.batches import Batcher
from ohmstead.kit.clock import Clock
from ohmstead.kit.db import Database, Row, Statement, Tx, table, timestamp
from ohmstead.kit.errors import TooManyAttempts, Unauthenticated
from ohmstead.kit.operations import Actor
from ohmstead.kit.questions import Question
from ohmstead.rooms.operator.sub_operators import sub_operator

admin = table("admin", Column("name", Text, nullable=False), Column("email", Text, unique=True))

api_token = table(
    "api_token",
    Column("admin_id", BigInteger, ForeignKey("admin.id"), nullable=False),
    Column("name", Text, nullable=False),
    Column("hash", LargeBinary, nullable=False, unique=True),  # SHA-256 of a random 122-bit text: no salt is needed
    Column("secret", LargeBinary, nullable=False),  # encrypted, because webhooks are signed with the token itself
    Column("scopes", ARRAY(Text), nullable=False),
    Column("ips", ARRAY(Text)),
    Column("partner_id", BigInteger, ForeignKey("partner.id")),
    Column("sub_operator_id", BigInteger, ForeignKey("sub_operator.id")),
    Column("terminal_id", BigInteger, ForeignKey("payment_terminal.id"), index=True),
    timestamp("revoked_at"),
    CheckConstraint("num_nonnulls(partner_id, sub_operator_id, terminal_id) <= 1", name="bound_to_one"),
)

terminal_heard: Question[[Tx, int], None] = Question("what follows from a call of a payment terminal?")
"""Asked with its id, every few seconds at most."""

_own = api_token.c
_BY_HASH = Statement(
    select(*_own["hash", "id", "admin_id", "scopes", "ips", "partner_id", "terminal_id"], sub_operator.c.partner_ids)
    .outerjoin(sub_operator, sub_operator.c.id == _own.sub_operator_id)
    .where(_own.hash == any_(bindparam("hashes", type_=ARRAY(LargeBinary))), _own.revoked_at.is_(None))
)
_REMEMBERED_S = 5.0
_HELD_BACK_S = 0.1  # what those who are held back wait for others, to be looked up with them


class Vault:
    """Encrypts secrets at rest with a key kept in the data folder, outside the database."""

    def __init__(self, key: bytes) -> None:
        self._key, self._fernet = key, Fernet(key)

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

    def secret(self, purpose: str) -> bytes:
        """A secret for one purpose, always the same; it tells nothing of the key."""
        return hmac.digest(self._key, purpose.encode(), "sha256")


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
    sub_operator_id: int | None = None,
    terminal_id: int | None = None,
) -> str:
    """A new token of the administrator of that name (made where there is none); its text is shown this once."""
    known = await tx.value(select(admin.c.id).where(admin.c.name == admin_name))
    times = {"created_at": tx.now, "updated_at": tx.now}
    admin_id = known or await tx.value(insert(admin).values(name=admin_name, **times).returning(admin.c.id))
    token = str(uuid.uuid4())
    await tx.run(
        insert(api_token).values(
            admin_id=admin_id, name=name, hash=digest(token), secret=vault.close(token), scopes=scopes,
            ips=ips, partner_id=partner_id, sub_operator_id=sub_operator_id, terminal_id=terminal_id, **times,
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
    """Turns an Authorization header into an Actor. A look-up is remembered for 5 s: a revoked token dies in that.

    Tokens that nobody knows are counted for each address: after `refusals_per_minute` it is held back. What comes from
    there then is looked up in batches, ten a second at most, so that a token that is known is never refused.
    """

    def __init__(self, database: Database, clock: Clock, refusals_per_minute: int = 30) -> None:
        self._database, self._clock, self._most = database, clock, refusals_per_minute
        self._held_back: Batcher[bytes, Row | None] = Batcher(self._find, _HELD_BACK_S)
        self.forget()

    async def __call__(self, header: str | None, remote: str) -> Actor:
        """The actor of `Bearer <token>` or `Bearer <token>:<impersonation>`; Unauthenticated otherwise."""
        if not header or header[:7].lower() != "bearer ":
            raise Unauthenticated
        token = header[7:].strip().partition(":")[0]
        known = self._known.get(token)
        if known is None or time.monotonic() - known.seen > _REMEMBERED_S:
            known = await self._look_up(token, remote)
        if known.networks is not None and not _within(remote, known.networks):
            raise Unauthenticated
        return known.actor

    def forget(self) -> None:
        """Remember no token and no refusal any more."""
        self._known: dict[str, _Known] = {}
        self._throttle = Throttle(self._clock, self._most)

    async def _look_up(self, token: str, remote: str) -> _Known:
        self._known.pop(token, None)
        row = await self._row(digest(token), remote)
        if len(self._known) > 10_000:
            self._known.clear()
        networks = None if row["ips"] is None else [ipaddress.ip_network(one, strict=False) for one in row["ips"]]
        partner = row["partner_id"] if row["partner_ids"] is None else row["partner_ids"]
        if isinstance(partner, list) and len(partner) == 1:
            [partner] = partner  # whose rows it makes need not be said
        actor = Actor(row["admin_id"], row["id"], frozenset(row["scopes"]), partner, row["terminal_id"])
        if actor.terminal is not None:
            async with self._database.begin() as tx:
                await terminal_heard(tx, actor.terminal)
        self._known[token] = known = _Known(actor, networks, time.monotonic())
        return known

    async def _row(self, hashed: bytes, remote: str) -> Row:
        """The token; Unauthenticated where there is none, TooManyAttempts where that came too often from there."""
        who = hashed.hex()
        if wait_s := self._throttle.left_s(remote, who):
            if (row := await self._held_back.put(hashed)) is None:
                raise TooManyAttempts(headers={"Retry-After": str(math.ceil(wait_s))})
        elif (row := (await self._find([hashed]))[0]) is None:
            self._throttle.refused(remote, who)
            raise Unauthenticated
        self._throttle.admitted(remote, who)
        return row

    async def _find(self, hashes: list[bytes]) -> list[Row | None]:
        async with self._database.read() as tx:
            found = {row["hash"]: row for row in await tx.all(_BY_HASH, hashes=hashes)}
        return [found.get(one) for one in hashes]


def _within(remote: str, networks: list[ipaddress.IPv4Network | ipaddress.IPv6Network]) -> bool:
    try:
        address = ipaddress.ip_address(remote)
    except ValueError:
        return False
    return any(address in network for network in networks)
