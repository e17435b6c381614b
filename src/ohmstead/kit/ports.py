"""Ports: what the rooms use and only the app can provide, once it is at work: files, an authority, the stations."""

from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Port(Generic[T]):
    """Holds one adapter at a time. Without a default there is none before the app provides it."""

    def __init__(self, name: str, default: T | None = None) -> None:
        self._name, self._default, self._adapter = name, default, default

    def provide(self, adapter: T | None) -> Callable[[], None]:
        """Use this from now on, or the default where it is None; the answer goes back to the one before."""
        before, self._adapter = self._adapter, adapter if adapter is not None else self._default
        return lambda: setattr(self, "_adapter", before)

    @property
    def current(self) -> T:
        """The adapter; LookupError where none is provided."""
        if self._adapter is None:
            raise LookupError(f"no {self._name} provided")
        return self._adapter
