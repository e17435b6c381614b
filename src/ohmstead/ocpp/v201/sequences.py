"""The numbers of transaction events: a gap is noted, and never waited on (OCPP 2.0.1 Part 2, E01)."""

from ohmstead.ocpp.message import Message
from ohmstead.ocpp.v201.types import BootNotificationRequest, TransactionEventRequest

MOST_AT_ONCE = 256


class Sequences:
    """The last number of each transaction of a connection. There are stations that number all events 0."""

    def __init__(self) -> None:
        self._last: dict[str, int] = {}

    def __call__(self, request: Message) -> tuple[str, ...]:
        """What is odd about a call, in words."""
        if isinstance(request, BootNotificationRequest):
            self._last.clear()
        return self._gap(request) if isinstance(request, TransactionEventRequest) else ()

    def _gap(self, request: TransactionEventRequest) -> tuple[str, ...]:
        name, number = request.transaction_info.transaction_id, request.seq_no
        last = None if request.event_type == "Started" else self._last.get(name)
        self._last[name] = number
        if len(self._last) > MOST_AT_ONCE:
            del self._last[next(iter(self._last))]
        return (f"seqNo {number} follows {last}",) if last is not None and number > last + 1 else ()
