"""Headers of messages: whose they are, and the signatures by which a subscriber knows that they come from here."""

from datetime import datetime

from ohmstead.engines.webhook_signatures import Signer
from ohmstead.rooms.notices.transport import Message


class SignedHeaders:
    """Those of one subscription; `secret` is the text of the token that made it."""

    def __init__(self, subscription_id: int, tenant: str, secret: str) -> None:
        self._signer = Signer(secret)
        self._same = {"X-Tenant": tenant, "X-Webhook-Id": str(subscription_id)}

    def of(self, message: Message, now: datetime) -> dict[str, str]:
        """Of an attempt that is made now."""
        at_s, body = int(now.timestamp()), message.body
        return {
            **self._same,
            "X-Signature": self._signer.of_body(body),
            "X-Timestamp": now.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z",
            "X-Webhook-Type": message.name,
            "webhook-id": message.id,
            "webhook-timestamp": str(at_s),
            "webhook-signature": self._signer.standard(message.id, at_s, body),
        }
