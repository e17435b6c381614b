"""Tokens of payment terminals: each is made with its terminal, lets it do what is its own, and dies with it."""

from dataclasses import replace
from datetime import timedelta

from sqlalchemy import ARRAY, BigInteger, and_, any_, bindparam, or_, select, update

from ohmstead.kit.access import TERMINAL
from ohmstead.kit.db import Statement, Tx
from ohmstead.kit.operations import Actor, RenderContext
from ohmstead.kit.writes import Write
from ohmstead.rooms.billing.terminals.table import payment_terminal
from ohmstead.rooms.billing.transactions import external  # noqa: F401 - its hooks come first
from ohmstead.rooms.billing.transactions.resource import transactions
from ohmstead.rooms.billing.transactions.table import payment_transaction
from ohmstead.rooms.charging.sessions import session
from ohmstead.rooms.charging.sessions.resource import sessions
from ohmstead.rooms.network.charge_points import charge_point, charge_points
from ohmstead.rooms.operator.admins import api_token, create_token, terminal_heard
from ohmstead.rooms.operator.files import files

SCOPES = ("charge-points.act", "evses.act", "transactions.read", "transactions.write")
ONLINE_FOR = timedelta(minutes=10)  # after its last call
_AGAIN = timedelta(minutes=1)  # a call so soon after another need not be noted

_own = payment_terminal.c
_IDS = any_(bindparam("ids", type_=ARRAY(BigInteger)))
_SECRETS = Statement(
    select(api_token.c.terminal_id, api_token.c.secret).where(
        api_token.c.terminal_id == _IDS, api_token.c.revoked_at.is_(None)
    )
)
_KEYS = Statement(select(_own.id, _own.adyen_api_key).where(_own.id == _IDS, _own.adyen_api_key.is_not(None)))
_REVOKE = Statement(
    update(api_token)
    .where(api_token.c.terminal_id == bindparam("terminal"), api_token.c.revoked_at.is_(None))
    .values(revoked_at=bindparam("now"), updated_at=bindparam("now"))
)
_HEARD = Statement(
    update(payment_terminal)
    .where(
        _own.id == bindparam("terminal"),
        or_(_own.online_until.is_(None), _own.online_until < bindparam("soon", type_=_own.online_until.type)),
    )
    .values(online_until=bindparam("until", type_=_own.online_until.type))
)
_SERVED = (
    select(_own.id)
    .where(
        _own.id == TERMINAL,
        _own.deleted_at.is_(None),
        or_(
            _own.charge_point_id == charge_point.c.id,
            and_(_own.charge_point_id.is_(None), _own.charging_zone_id == charge_point.c.charging_zone_id),
        ),
    )
    .correlate(charge_point)
    .exists()
)

charge_points.access = replace(charge_points.access, terminals=_SERVED)
sessions.access = replace(sessions.access, terminals=session.c.terminal_id == TERMINAL)
transactions.access = replace(transactions.access, terminals=payment_transaction.c.terminal_id == TERMINAL)


@transactions.creating
async def a_terminal_tells_of_a_session_of_its_own(write: Write) -> None:
    """Which it may name; what is paid of nothing is none of its business."""
    if write.call.actor.terminal is not None and write.values.get("session_id") is None:
        write.add_error("sessionId", "The session id field is required.")


@transactions.writing
async def what_a_terminal_collects_is_paid_there(write: Write) -> None:
    """Whatever card was held to it."""
    if write.value_of("terminal_id") is not None:
        write.values["means"] = "terminal"


async def make_token(tx: Tx, terminal_id: int) -> None:
    """The token of a new terminal."""
    await create_token(
        tx, files.current.vault, f"Payment terminal {terminal_id}", list(SCOPES), "Payment terminals",
        terminal_id=terminal_id,
    )  # fmt: skip


async def revoke_tokens(tx: Tx, terminal_id: int) -> None:
    """Of a terminal that goes."""
    await tx.run(_REVOKE, terminal=terminal_id, now=tx.now)


async def tokens_of(tx: Tx, ids: list[int], context: RenderContext) -> dict[int, str]:
    """The tokens of terminals, for whom they are no news."""
    return await _opened(tx, _SECRETS, ids, context.actor)


async def adyen_keys_of(tx: Tx, ids: list[int], context: RenderContext) -> dict[int, str]:
    """What terminals ask Adyen with."""
    return await _opened(tx, _KEYS, ids, context.actor)


async def _opened(tx: Tx, closed: Statement, ids: list[int], actor: Actor) -> dict[int, str]:
    """Secrets are shown to tokens of the operator's that may do all that a terminal may."""
    if actor.binding or not all(actor.may(scope) for scope in SCOPES):
        return {}
    return {key: files.current.vault.open(secret) for key, secret in await tx.all(closed, ids=ids)}


@terminal_heard.answer
async def it_is_online(tx: Tx, terminal_id: int) -> None:
    until = tx.now + ONLINE_FOR
    await tx.run(_HEARD, terminal=terminal_id, until=until, soon=until - _AGAIN)
