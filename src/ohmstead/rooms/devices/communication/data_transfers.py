"""Data transfers: messages of vendors' own that stations send, told to whoever wants to know."""

from ohmstead.kit.db import Tx
from ohmstead.rooms.devices.durable_facts import DataTransferReceived
from ohmstead.rooms.devices.facts import DataReceived


async def data_received(tx: Tx, fact: DataReceived) -> None:
    """Say what a station sent; what PostgreSQL has no place for is left out."""
    tx.tell(
        DataTransferReceived(
            id=fact.charge_point_id,
            vendor_id=_kept(fact.vendor_id),
            message_id=fact.message_id and _kept(fact.message_id),
            data=fact.data and _kept(fact.data),
        )
    )


def _kept(text: str) -> str:
    return text.replace("\0", "")
