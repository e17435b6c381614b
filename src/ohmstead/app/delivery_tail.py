"""The tail of the delivery log, as the API tells it: what is new, and what became of what was still on its way."""

from collections.abc import AsyncIterator, Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

from ohmstead.app.api_client import ApiClient, ApiFault
from ohmstead.kit.clock import Clock

DELIVERIES = "/internal/notification-deliveries/v1.0"
LATE = timedelta(seconds=10)  # that a row may be seen after a younger one
MOST_READ = 10  # rows looked at again in a round

Delivery = Mapping[str, Any]


class DeliveryTail:
    """Remembers what it told. `filters` are those of the listing, `clock` is the server's."""

    def __init__(self, api: ApiClient, clock: Clock, filters: Mapping[str, Any], bodies: bool) -> None:
        self._api, self._clock = api, clock
        self._since = clock.now().replace(microsecond=0)  # moments of the API have none
        chosen = {f"filter[{name}]": str(value) for name, value in filters.items() if value is not None}
        self._chosen = chosen | ({"include[]": "body"} if bodies else {})
        self._told: dict[int, tuple[datetime, str, int]] = {}  # by id: when it was made, its status and attempts
        self._waiting: dict[int, str | None] = {}  # what is on its way, and when it is tried next

    async def changed(self) -> list[Delivery]:
        """The deliveries that were made, tried or given up since the last call, the oldest first."""
        rows = {row["id"]: row async for row in self._made()}
        for number in self._overdue():
            if number not in rows and (row := await self._read(number)) is not None:
                rows[number] = row
        changed = [row for _, row in sorted(rows.items()) if self._is_news(row)]
        self._forget()
        return changed

    async def _made(self) -> AsyncIterator[Delivery]:
        """Rows that were made lately, page by page."""
        cursor: str | None = ""
        while cursor is not None:
            asked = {**self._chosen, "filter[createdAfter]": self._since.isoformat(), **_cursor(cursor)}
            page = await self._api.call("GET", f"{DELIVERIES}?{_query(asked)}")
            for row in page["data"]:
                yield row
            cursor = page["meta"]["next_cursor"]

    async def _read(self, number: int) -> Delivery | None:
        """One that is on its way; None where its subscription was deleted, and it is gone."""
        only = {name: value for name, value in self._chosen.items() if name == "include[]"}
        try:
            return await self._api.get(f"{DELIVERIES}/{number}?{_query(only)}")
        except ApiFault as fault:
            if fault.status != 404:
                raise
            del self._waiting[number]
            return None

    def _overdue(self) -> list[int]:
        """What is on its way and must have been tried by now."""
        now = self._clock.now()
        due = [number for number, at in self._waiting.items() if at is None or datetime.fromisoformat(at) <= now]
        return due[:MOST_READ]

    def _is_news(self, row: Delivery) -> bool:
        """What was only just made is none: mostly it is delivered by the next look."""
        number, made, attempts = row["id"], datetime.fromisoformat(row["createdAt"]), row["attempts"]
        before = self._told.get(number)
        just_made = before is None and row["status"] == "pending" and not attempts
        self._told[number] = now = (made, row["status"], -1 if just_made else attempts)
        self._waiting.pop(number, None)  # and to the end of those that are looked at again
        if row["status"] == "pending":
            self._waiting[number] = row["nextAttemptAt"]
        return before != now and not just_made

    def _forget(self) -> None:
        """What is too old to be listed again, and at its end; the next listing begins a little before the youngest."""
        newest = max((made for made, _, _ in self._told.values()), default=self._since)
        self._since = max(self._since, newest - LATE)
        self._told = {
            number: told for number, told in self._told.items() if told[0] >= self._since or number in self._waiting
        }


def _cursor(cursor: str) -> Mapping[str, str]:
    return {"cursor": cursor} if cursor else {}


def _query(asked: Mapping[str, str]) -> str:
    return "&".join(f"{name}={quote(value, safe='')}" for name, value in asked.items())
