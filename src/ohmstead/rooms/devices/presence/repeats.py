"""Repeats: the state of an EVSE in a charge, which many stations tell with every reading, is written once a minute."""

from datetime import datetime, timedelta

from ohmstead.rooms.devices.facts import StatusChanged

FRESH = timedelta(minutes=1)
IN_A_CHARGE = frozenset({"charging", "suspendedEV", "suspendedEVSE"})  # the EVSE is there, for a session is

_Said = tuple[str | None, ...]


class StatusDeduplicator:
    """Remembers what stations connected here last told of their EVSEs, and when that was written."""

    def __init__(self) -> None:
        self._written: dict[int, dict[int, tuple[_Said, datetime]]] = {}

    def nothing_new(self, fact: StatusChanged) -> bool:
        """Whether just this was written less than a minute ago."""
        said, at = self._written.get(fact.charge_point_id, {}).get(fact.evse_network_id, (None, fact.received_at))
        return fact.status in IN_A_CHARGE and said == _said(fact) and fact.received_at - at < FRESH

    def written(self, fact: StatusChanged) -> None:
        """It is durable now."""
        self._written.setdefault(fact.charge_point_id, {})[fact.evse_network_id] = (_said(fact), fact.received_at)

    def forget(self, charge_point_id: int) -> None:
        """It came or went, or said something in other words: what was written may not be what is known."""
        self._written.pop(charge_point_id, None)


def _said(fact: StatusChanged) -> _Said:
    return (fact.status, fact.error_code, fact.vendor_error_code, fact.vendor_id, fact.info, fact.basis)
