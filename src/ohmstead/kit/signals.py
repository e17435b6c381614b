"""Signals: what goes on inside one process, told at once to whoever connected; facts, by contrast, are durable."""

from collections.abc import Callable
from typing import Any


class Signal:
    """Functions to call when something happened. They are called in the order they connected and must not block."""

    def __init__(self) -> None:
        self._listeners: list[Callable[..., None]] = []

    def connect(self, listener: Callable[..., None]) -> Callable[[], None]:
        """Call `listener` from now on; the answer ends it."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def send(self, *arguments: Any) -> None:
        """Tell every listener."""
        for listener in list(self._listeners):
            listener(*arguments)
