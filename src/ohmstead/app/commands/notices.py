"""`ohmstead notices`: a receiver that shows webhooks as they arrive, and what is delivered to whom, live."""

import asyncio
import signal
import sys
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Annotated, Any

import msgspec
from cyclopts import Parameter
from rich.console import Console

from ohmstead.app.api_client import URL, ApiClient, ApiFault
from ohmstead.app.commands.server import WIDTH, Token, Url, with_api
from ohmstead.app.delivery_tail import DeliveryTail
from ohmstead.app.following import followed
from ohmstead.app.notice_screen import delivered, received, received_line, refused
from ohmstead.app.webhook_receiver import HOST, Receiver, Webhook
from ohmstead.kit.clock import Clock, SystemClock
from ohmstead.rooms.notices.names import NAMES, NOTIFICATIONS

Names = Annotated[list[str] | None, Parameter(consume_multiple=True)]
SUBSCRIPTIONS = "/notifications/v2.0"
MOST_NAMES = 5  # that are said
REMEMBERED = 10_000  # ids, to tell what is sent again


def listen(*, token: Token, port: int = 8900, subscribe: Names = None, url: Url = URL, json: bool = False) -> None:
    """Receive webhooks on this machine: verify their signatures, print them, answer 202.

    What does not verify, or is older than five minutes, is answered 401 and said on the error stream.

    Parameters
    ----------
    token
        The API access token that made the subscription: it signs. With --subscribe it makes it.
    port
        Where to listen on 127.0.0.1; 0 takes a free port.
    subscribe
        Names of events to subscribe to, or `all`; the subscription ends with this command. The server takes the
        address only if OHMSTEAD_PRIVATE_HOSTS has 127.0.0.1, as that of the demo has.
    url
        Where the API of the server is.
    json
        Print one JSON object a line.
    """
    asyncio.run(_listen(token, port, _wanted(subscribe or []), url, json))


def tail(
    *, token: Token, url: Url = URL, notification: str | None = None, entity: str | None = None,
    subscription: int | None = None, every: float = 1.0, json: bool = False,
) -> None:  # fmt: skip
    """Show notifications as they are delivered to all subscriptions, until interrupted.

    Parameters
    ----------
    token
        An API access token that may read notification deliveries.
    url
        Where the API of the server is.
    notification
        Only events of this name.
    entity
        Only what happens to one entity, for example evse:7.
    subscription
        Only what one subscription gets: its id.
    every
        Seconds between two looks.
    json
        Print one JSON object a line, with what is sent.
    """
    filters = {"notification": notification, "entity": entity, "subscriptionId": subscription}
    with suppress(KeyboardInterrupt):
        asyncio.run(with_api(url, token, lambda api: _tail(api, filters, max(0.2, every), json)))


async def _tail(api: ApiClient, filters: Mapping[str, Any], every: float, json: bool) -> None:
    following = DeliveryTail(api, await _clock(api), filters, bodies=json)
    console = Console() if sys.stdout.isatty() else Console(width=WIDTH)
    if not await api.get(SUBSCRIPTIONS):
        _say("There is no subscription, so nothing is delivered. `ohmstead notices listen --subscribe all` makes one.")
    rows, fault = await following.changed(), ""
    while True:
        for row in rows:
            if json:
                print(msgspec.json.encode(row).decode(), flush=True)
            else:
                console.print(delivered(row), soft_wrap=True)
        await asyncio.sleep(every)
        rows, before = [], fault
        try:
            rows, fault = await following.changed(), ""
        except ApiFault as error:  # the server may be starting anew
            fault = str(error)
            if fault != before:
                _say(fault)


async def _clock(api: ApiClient) -> Clock:
    """The server's, by which deliveries have their times."""
    try:
        return await asyncio.to_thread(followed, api.url.removesuffix("/public-api"))
    except (OSError, ValueError) as error:
        raise ApiFault(f"{api.url}: {error}") from None


def _wanted(names: Sequence[str]) -> list[str]:
    """What to subscribe to; `all` is all that is told, without the deprecated twins."""
    if "all" in names:
        return list(dict.fromkeys(one.name for one in NOTIFICATIONS if not one.deprecated))
    for name in names:
        if name not in NAMES:
            raise SystemExit(f"ohmstead: there is no notification {name!r}; there are {', '.join(NAMES)}")
    return list(names)


async def _listen(token: str, port: int, names: Sequence[str], url: str, json: bool) -> None:
    receiver = Receiver(token, SystemClock(), _Shown(json).show)
    try:
        port = await receiver.start(port)
    except OSError as error:
        raise SystemExit(f"ohmstead: port {port} cannot be opened: {error.strerror}") from None
    callback = f"http://{HOST}:{port}/"
    try:
        if names:
            await with_api(url, token, lambda api: _listen_subscribed(api, callback, names))
        else:
            _say(f"Listening on {callback}, which is the callbackUrl to subscribe with. Ctrl-C ends.")
            await _interrupted()
    finally:
        await receiver.stop()


async def _listen_subscribed(api: ApiClient, callback: str, names: Sequence[str]) -> None:
    """From here on what is delivered is shown by the receiver; what waits for it at the end is let go with the
    subscription."""
    made = await _subscribed(api, callback, names)
    about = ", ".join(names) if len(names) <= MOST_NAMES else f"{len(names)} events"
    _say(f"Listening on {callback}, subscription {made} to {about}. Ctrl-C ends both.")
    await _interrupted()
    await api.call("DELETE", f"{SUBSCRIPTIONS}/{made}")


async def _subscribed(api: ApiClient, callback: str, names: Sequence[str]) -> int:
    body = {"via": "webhook", "notifications": names, "webhook": {"callbackUrl": callback}}
    try:
        return (await api.make(SUBSCRIPTIONS, body))["id"]
    except ApiFault as fault:
        hint = f" (does its OHMSTEAD_PRIVATE_HOSTS have {HOST}?)" if "callbackUrl" in str(fault) else ""
        raise ApiFault(f"{fault}{hint}") from None


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


async def _interrupted() -> None:
    """Return when somebody wants this to end."""
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await stop.wait()


class _Shown:
    """Prints what arrives, and remembers ids to say what was sent again."""

    def __init__(self, json: bool) -> None:
        self._json = json
        self._console = Console() if sys.stdout.isatty() else Console(width=WIDTH)
        self._faults = Console(stderr=True)
        self._seen: deque[str] = deque(maxlen=REMEMBERED)

    def show(self, webhook: Webhook) -> None:
        """Print one."""
        key = webhook.headers.get("webhook-id", "")
        if webhook.fault is not None:
            self._faults.print(refused(webhook), soft_wrap=True)
            return
        if self._json:
            print(received_line(webhook), flush=True)
        else:
            self._console.print(received(webhook, key in self._seen), soft_wrap=True)
        self._seen.append(key)
