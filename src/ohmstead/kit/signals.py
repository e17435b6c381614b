"""Signals: what goes on inside one process, told at once to whoever connected; facts, by contrast, are durable."""

from collections.abc import Callable
from typing import Any

import structlog

log = structlog.get_logger("ohmstead")


class Signal:
    """Functions to call when something happened. They are called in the order they connected and must not block. What
    fails in one of them is no matter of the others, nor of the one that told."""

    def __init__(self) -> None:
        self._listeners: list[Callable[..., None]] = []

    def connect(self, listener: Callable[..., None]) -> Callable[[], None]:
        """Call `listener` from now on; the answer ends it."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def send(self, *arguments: Any) -> None:
        """Tell every listener."""
        for listener in list(self._listeners):
            try:
                listener(*arguments)
            except Exception:
                log.exception("a signal's listener failed", listener=getattr(listener, "__qualname__", repr(listener)))
