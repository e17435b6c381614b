"""Whose card is good: the local list, the cache and the question to the central system, in that order of trust."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime

from ohmstead.simulator.frames import CallError
from ohmstead.simulator.line import Unanswered
from ohmstead.simulator.settings import Settings


@dataclass(frozen=True)
class Verdict:
    """What is known of a tag: "Accepted" or why not, the group it belongs to, until when this holds."""

    status: str
    group: str | None = None
    expires: datetime | None = None

    @property
    def accepted(self) -> bool:
        return self.status == "Accepted"


@dataclass
class Authorization:
    """Tags by the rules of OCPP 1.6, 3.4 and 3.5. `ask` puts the question to the central system."""

    settings: Settings
    now: Callable[[], datetime]
    ask: Callable[[str], Awaitable[Verdict]]
    list_version: int = 0
    local_list: dict[str, Verdict] = field(default_factory=dict)
    cache: dict[str, Verdict] = field(default_factory=dict)

    async def verdict(self, tag: str) -> Verdict:
        known = self.known(tag)
        if known and known.accepted and self.settings.authorizes_locally:
            return known
        try:
            verdict = await self.ask(tag)
        except CallError:
            return Verdict("Invalid")
        except Unanswered:
            return self._offline(known)
        self.learn(tag, verdict)
        return verdict

    def known(self, tag: str) -> Verdict | None:
        """What the list, else the cache, says of a tag; nothing that has expired."""
        listed = self.local_list.get(tag) if self.settings.lists_tags else None
        verdict = listed or (self.cache.get(tag) if self.settings.caches_tags else None)
        if verdict and verdict.expires and verdict.expires <= self.now():
            return Verdict("Expired", verdict.group)
        return verdict

    def learn(self, tag: str, verdict: Verdict) -> None:
        """Remember what the central system said; listed tags are its own business."""
        if self.settings.caches_tags and tag not in self.local_list:
            self.cache[tag] = verdict

    def _offline(self, known: Verdict | None) -> Verdict:
        if known:
            return known if self.settings.authorizes_offline else Verdict("Invalid")
        return Verdict("Accepted" if self.settings.allows_unknown_offline else "Invalid")
