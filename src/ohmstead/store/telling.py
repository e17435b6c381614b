"""Telling: which of the facts of a transaction are written to the outbox."""

from typing import Any

from ohmstead.kit.facts import RowChanged


def once(facts: list[Any]) -> list[Any]:
    """Facts, of what happened to a row one: what was made and then changed was made, what was changed and then deleted
    was deleted, and of equal ones the first counts."""
    kept: dict[Any, Any] = {}
    for place, fact in enumerate(facts):
        row = (fact.topic, fact.id) if isinstance(fact, RowChanged) else place
        if row not in kept or (fact.action == "deleted" != kept[row].action):
            kept[row] = fact
    return list(kept.values())
