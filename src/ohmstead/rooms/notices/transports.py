"""Transports of all kinds, by the `via` of subscriptions."""

from collections.abc import Callable

from ohmstead.kit.clock import Clock
from ohmstead.kit.db import Row
from ohmstead.rooms.notices.kafka import Kafka
from ohmstead.rooms.notices.transport import Transport
from ohmstead.rooms.notices.webhook import Webhooks
from ohmstead.rooms.operator.admins import Vault
from ohmstead.rooms.operator.outbound import Outbound


def transports(
    outbound: Outbound, vault: Vault, tenant: str, clock: Clock
) -> dict[str, Callable[[Row, str], Transport]]:
    """What makes the transport of a subscription: of its row, and of the text of the token that made it."""
    webhooks, kafka = Webhooks(outbound, tenant), Kafka(outbound, tenant)

    def by_webhook(row: Row, secret: str) -> Transport:
        return webhooks.transport(row["id"], row["callback_url"], secret, clock)

    def by_kafka(row: Row, secret: str) -> Transport:
        sealed = row["kafka_password"]
        return kafka.transport(row["id"], row["kafka"], sealed and vault.open(sealed), secret, clock)

    return {"webhook": by_webhook, "kafka": by_kafka}
