"""Notifications in a terminal: those that a receiver got, and how they are delivered to others."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec
from rich.console import Group, RenderableType
from rich.json import JSON
from rich.text import Text

from ohmstead.app.webhook_receiver import Webhook

Told = Mapping[str, Any]
_ID = re.compile(r"[iI]d$|_id$")
_STATUSES = {"delivered": "green", "pending": "yellow", "failed": "bold red"}


def received(webhook: Webhook, again: bool) -> RenderableType:
    """A webhook: what it is about in a line, and its body. `again`: its id was seen before."""
    body = _decoded(webhook.body)
    head = Text.assemble(
        f"{webhook.at.astimezone():%H:%M:%S}  ", (_name(body), "bold cyan"), f"  {_entities(body)}",
        (f"  {webhook.headers.get('webhook-id', '')}", "dim"), ("  sent again", "yellow") if again else "",
    )  # fmt: skip
    return Group(head, JSON.from_data(body))


def received_line(webhook: Webhook) -> str:
    """A webhook as one line of JSON."""
    told = {"at": webhook.at, "id": webhook.headers.get("webhook-id"), "body": _decoded(webhook.body)}
    return msgspec.json.encode(told).decode()


def refused(webhook: Webhook) -> Text:
    """A webhook that is not to be believed; of what it says no more than its beginning."""
    said = webhook.body[:200].decode(errors="replace")
    return Text(f"{webhook.at.astimezone():%H:%M:%S}  REFUSED (401): {webhook.fault}\n{said}", "bold red")


def delivered(row: Told) -> Text:
    """A delivery in a line: when it was last tried, what it tells of, to whom, and what came of it."""
    at = row["log"][-1]["at"] if row["log"] else row["createdAt"]
    attempts, status = row["attempts"], row["status"]
    text = Text.assemble(
        f"{_local(at)}  ", (f"{status:9}", _STATUSES.get(status, "")), f"  {row['name']}  {row['entity']}",
        (f"  subscription {row['subscriptionId']}  {attempts} attempt{'' if attempts == 1 else 's'}", "dim"),
    )  # fmt: skip
    if row["latencyMs"] is not None:
        text.append(f"  {row['latencyMs']} ms", "dim")
    if row["error"]:
        text.append(f"  {row['error']}", "red")
    if row["status"] == "pending" and row["nextAttemptAt"] and attempts:
        text.append(f"  again at {_local(row['nextAttemptAt'])}", "yellow")
    return text


def _local(moment: str) -> str:
    return f"{datetime.fromisoformat(moment).astimezone():%H:%M:%S}"


def _decoded(body: bytes) -> Any:
    try:
        return msgspec.json.decode(body)
    except msgspec.DecodeError:
        return body.decode(errors="replace")


def _name(body: Any) -> str:
    return str(body.get("notification", "?")) if isinstance(body, Mapping) else "no notification"


def _entities(body: Any) -> str:
    """The ids of what it is about, as far as they are on top of the body."""
    fields = body.items() if isinstance(body, Mapping) else ()
    return "  ".join(f"{name} {value}" for name, value in fields if _ID.search(name) and isinstance(value, int | str))
