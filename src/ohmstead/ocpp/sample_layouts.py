"""Layouts: where the numbers of a message go, found once for each way in which stations fill one, and remembered."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from ohmstead.ocpp.units import Units
from ohmstead.rooms.charging.readings import Kind, Layout, layout

REMEMBERED = 512
MOST_SAMPLES, LONGEST = 64, 100
"""Of a message whose layout is remembered: samples, and characters of a word. No meter needs more; who sends more would
fill the memory with it."""

Columns = tuple[tuple[Any, ...], ...]
"""Of the samples of a message, each field but the value: a tuple of what the samples say there."""
KindOf = Callable[[tuple[Any, ...], Units], Kind | None]
"""The kind of a sample by its fields but the value; None where it has to be looked at by itself. Raises `Singular`."""


class Singular(ValueError):
    """The message is not one of many alike: nothing of it is worth remembering."""


def layouts(kind_of: KindOf) -> Callable[[Columns, Units], Layout | None]:
    """Finds the layout of a message; None where its samples have to be read one by one. Raises `Singular`."""

    @lru_cache(REMEMBERED)
    def found(told: Columns, units: Units) -> Layout | None:
        texts = [word for words in told for word in words if isinstance(word, str)]
        if len(told[0]) > MOST_SAMPLES or any(len(text) > LONGEST for text in texts):
            raise Singular
        kinds = [kind_of(given, units) for given in zip(*told, strict=True)]
        usual = [kind for kind in kinds if kind is not None]
        return layout(usual) if len(usual) == len(kinds) else None

    return found
