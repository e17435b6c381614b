"""`ohmstead token`: API access tokens made, listed and revoked."""

import asyncio
import ipaddress
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from sqlalchemy import select

from ohmstead.app.commands.audited import audited
from ohmstead.app.commands.stderr import print_stderr
from ohmstead.app.database import opened
from ohmstead.app.rooms import OPERATIONS
from ohmstead.app.settings import Settings, load
from ohmstead.kit.operations import Actor
from ohmstead.rooms.operator.admins import Vault, admin, api_token, digest
from ohmstead.rooms.operator.admins import create_token as make
from ohmstead.rooms.operator.admins import revoke_token as revoke

_LISTED = (
    select(
        api_token.c.id,
        api_token.c.name,
        admin.c.name.label("administrator"),
        api_token.c.scopes,
        api_token.c.ips,
        api_token.c.partner_id.label("partner"),
        api_token.c.sub_operator_id.label("sub-operator"),
        api_token.c.terminal_id.label("terminal"),
        api_token.c.created_at.label("created"),
        api_token.c.revoked_at.label("revoked"),
    )
    .join(admin, admin.c.id == api_token.c.admin_id)
    .order_by(api_token.c.id)
)


def create_token(
    name: str,
    *,
    scope: list[str] | None = None,
    ip: list[str] | None = None,
    partner: int | None = None,
    sub_operator: int | None = None,
    admin: str = "Administrator",
    data_dir: Path | None = None,
) -> None:
    """Make an API access token and print it. It is shown this once.

    Parameters
    ----------
    name
        What it is for.
    scope
        What it may do, for example sessions.read, charge-points.*, *.read; may be repeated. Everything, if left out.
    ip
        An address or network it may be used from; may be repeated.
    partner
        The partner whose things alone it shows.
    sub_operator
        The sub-operator whose partners' things alone it shows.
    admin
        The administrator it acts as, made if there is none of that name.
    data_dir
        Where the embedded database and the secrets live (.ohmstead).
    """
    scopes, ips = scope or ["*"], ip or None
    _check_scopes(scopes)
    _check_networks(ips or [])
    settings = load({"data_dir": data_dir})
    bound = {"partner_id": partner, "sub_operator_id": sub_operator}
    if None not in bound.values():
        raise SystemExit("ohmstead: a token is bound to a partner or to a sub-operator, not to both")
    print(asyncio.run(_create(settings, name, scopes, admin_name=admin, ips=ips, **bound)))


def _check_scopes(scopes: Iterable[str]) -> None:
    for scope in scopes:
        if not any(Actor(0, 0, frozenset((scope,))).may(one.scope) for one in OPERATIONS):
            raise SystemExit(f"ohmstead: no operation needs the scope {scope!r}")


def _check_networks(networks: Iterable[str]) -> None:
    for network in networks:
        try:
            ipaddress.ip_network(network, strict=False)
        except ValueError as error:
            raise SystemExit(f"ohmstead: {error}") from None


async def _create(settings: Settings, name: str, scopes: list[str], **facts: Any) -> str:
    async with audited(settings, "token create") as done:
        text = await make(done.tx, Vault.at(settings.data_dir / "secret.key"), name, scopes, **facts)
        number = await done.tx.value(select(api_token.c.id).where(api_token.c.hash == digest(text)))
        done.target, done.changes = f"tokens/{number}", {"id": number, "scopes": scopes}
        return text


def list_token(*, data_dir: Path | None = None) -> None:
    """List the tokens, never their texts.

    Parameters
    ----------
    data_dir
        Where the embedded database lives (.ohmstead).
    """
    for line in _columns(asyncio.run(_list(load({"data_dir": data_dir})))):
        print(line)


async def _list(settings: Settings) -> list[list[str]]:
    async with opened(settings, print_stderr) as database, database.read() as tx:
        rows = await tx.all(_LISTED)
    return [list(_LISTED.selected_columns.keys()), *([_cell(value) for value in row] for row in rows)]


def _cell(value: Any) -> str:
    if isinstance(value, list):
        return " ".join(value)
    return "-" if value is None else f"{value:%Y-%m-%d %H:%M}" if hasattr(value, "year") else str(value)


def _columns(rows: list[list[str]]) -> Iterable[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def revoke_token(number: int, *, data_dir: Path | None = None) -> None:
    """Revoke a token; it dies within 5 s.

    Parameters
    ----------
    number
        Its id, as listed.
    data_dir
        Where the embedded database lives (.ohmstead).
    """
    if not asyncio.run(_revoke(load({"data_dir": data_dir}), number)):
        raise SystemExit(f"ohmstead: there is no living token {number}")
    print(f"Token {number} is revoked.")


async def _revoke(settings: Settings, number: int) -> bool:
    async with audited(settings, "token revoke") as done:
        revoked = await revoke(done.tx, number)
        done.target = f"tokens/{number}" if revoked else ""
        return revoked
