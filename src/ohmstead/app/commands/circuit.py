"""`ohmstead circuit`: what flows through a circuit of a running server, and why each EVSE gets what it gets."""

import asyncio
import sys
from contextlib import suppress
from typing import Any

from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from ohmstead.app.api_client import URL, ApiClient, ApiFault
from ohmstead.app.commands.server import WIDTH, Token, Url, with_api
from ohmstead.app.load_screen import explained, explained_evse, picture


def watch_circuit(number: int, /, *, token: Token, url: Url = URL, once: bool = False, every: float = 2.0) -> None:
    """Show what flows through a circuit, and who gets how much of it, until interrupted.

    Parameters
    ----------
    number
        The circuit's id.
    token
        An API access token that may read circuits.
    url
        Where the API of the server is.
    once
        Show it once and end.
    every
        Seconds between two looks.
    """
    with suppress(KeyboardInterrupt):
        asyncio.run(with_api(url, token, lambda api: _watch(api, number, once, max(0.2, every))))


def explain_circuit(number: int, /, *, token: Token, url: Url = URL, evse: int | None = None) -> None:
    """Say in sentences what a circuit leaves and to whom, or all about one EVSE.

    Parameters
    ----------
    number
        The circuit's id.
    token
        An API access token that may read circuits.
    url
        Where the API of the server is.
    evse
        The id of an EVSE that it feeds.
    """
    asyncio.run(with_api(url, token, lambda api: _explain(api, number, evse)))


async def _told(api: ApiClient, number: int) -> Any:
    return await api.get(f"/internal/circuits/v1.0/{number}/explanation")


async def _watch(api: ApiClient, number: int, once: bool, every: float) -> None:
    console = Console() if sys.stdout.isatty() else Console(width=WIDTH)
    shown = picture(await _told(api, number))
    if once:
        console.print(shown)
        return
    with Live(shown, console=console, auto_refresh=False, screen=console.is_terminal) as live:
        live.refresh()
        while True:
            await asyncio.sleep(every)
            try:
                shown = picture(await _told(api, number))
                live.update(shown, refresh=True)
            except ApiFault as fault:  # the server may be starting anew
                live.update(Group(shown, Text(str(fault), "red")), refresh=True)


async def _explain(api: ApiClient, number: int, evse: int | None) -> None:
    told = await _told(api, number)
    if evse is None:
        print(*explained(told), sep="\n")
        return
    found = next((one for one in told["evses"] if one["evseId"] == evse), None)
    if found is None:
        raise SystemExit(f"ohmstead: circuit {number} feeds no EVSE {evse}")
    print(*explained_evse(found), sep="\n")
