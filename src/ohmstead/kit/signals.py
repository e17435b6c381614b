"""Signals: what goes on inside one process, told at once to whoever connected; facts, by contrast, are durable."""

from collections.abc import Callable
from typing import Any

import structlog

log = structlog.get_logger("ohmstead.signals")


class Signal:
    """Functions to call when something happened. They are called in the order they connected and must not block. One
    that fails hurts neither the others nor whoever sends."""

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
                log.exception("listener failed", listener=getattr(listener, "__qualname__", repr(listener)))
