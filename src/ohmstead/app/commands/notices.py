"""`ohmstead notices`: a receiver that shows webhooks as they arrive, and what is delivered to whom, live."""

import asyncio
import signal
import sys
from collections import deque
from collections.abc import Sequence
from typing import Annotated

from cyclopts import Parameter
from rich.console import Console

from ohmstead.app.api_client import ApiClient, ApiFault
from ohmstead.app.following import followed
from ohmstead.app.notice_screen import received, received_line, refused
from ohmstead.app.webhook_receiver import HOST, Receiver, Webhook
from ohmstead.kit.clock import Clock, SystemClock
from ohmstead.rooms.notices.names import NAMES, NOTIFICATIONS

Url = Annotated[str, Parameter(env_var="OHMSTEAD_API_URL")]
Token = Annotated[str, Parameter(env_var="OHMSTEAD_TOKEN")]
Names = Annotated[list[str] | None, Parameter(consume_multiple=True)]
URL = "http://127.0.0.1:8000"
WIDTH = 140  # characters, where no terminal says
SUBSCRIPTIONS = "/notifications/v2.0"
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


def _wanted(names: Sequence[str]) -> list[str]:
    """What to subscribe to; `all` is all that is told, without the deprecated twins."""
    if "all" in names:
        return list(dict.fromkeys(one.name for one in NOTIFICATIONS if not one.deprecated))
    for name in names:
        if name not in NAMES:
            raise SystemExit(f"ohmstead: there is no notification {name!r}; there are {', '.join(NAMES)}")
    return list(names)


async def _listen(token: str, port: int, names: Sequence[str], url: str, json: bool) -> None:
    receiver = Receiver(token, await _clock(url), _Shown(json).show)
    try:
        port = await receiver.start(port)
    except OSError as error:
        raise SystemExit(f"ohmstead: port {port} cannot be opened: {error.strerror}") from None
    api = ApiClient(url, token)
    callback = f"http://{HOST}:{port}/"
    try:
        made = await _subscribed(api, callback, names) if names else None
        about = f"subscription {made}: {', '.join(names)}" if made else "subscribe to it as callbackUrl"
        print(f"Listening on {callback} ({about}). Ctrl-C ends.", file=sys.stderr, flush=True)
        await _interrupted()
        if made:
            await api.call("DELETE", f"{SUBSCRIPTIONS}/{made}")
    except ApiFault as fault:
        raise SystemExit(f"ohmstead: {fault}") from None
    finally:
        await api.close()
        await receiver.stop()


async def _clock(url: str) -> Clock:
    """The server's, where there is one: by it webhooks are old or new."""
    try:
        return await asyncio.to_thread(followed, url)
    except (OSError, ValueError):
        return SystemClock()


async def _subscribed(api: ApiClient, callback: str, names: Sequence[str]) -> int:
    body = {"via": "webhook", "notifications": names, "webhook": {"callbackUrl": callback}}
    return (await api.make(SUBSCRIPTIONS, body))["id"]


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
