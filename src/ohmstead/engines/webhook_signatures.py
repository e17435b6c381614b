"""Signatures of webhooks: of the body alone, and of id, moment and body by Standard Webhooks; both HMAC-SHA256 keyed
with the token that made the subscription."""

import hmac
from base64 import b64encode
from hashlib import sha256


class Signer:
    """Signs with one token; its key is prepared once."""

    def __init__(self, token: str) -> None:
        self._keyed = hmac.new(token.encode(), digestmod=sha256)

    def of_body(self, body: bytes) -> str:
        """What X-Signature says: lower-case hex."""
        keyed = self._keyed.copy()
        keyed.update(body)
        return keyed.hexdigest()

    def standard(self, id: str, at_s: int, body: bytes) -> str:
        """What webhook-signature says, where webhook-id and webhook-timestamp (unix s) say `id` and `at_s`."""
        keyed = self._keyed.copy()
        keyed.update(f"{id}.{at_s}.".encode())
        keyed.update(body)
        return "v1," + b64encode(keyed.digest()).decode()


def standard_secret(token: str) -> str:
    """The token as libraries of Standard Webhooks want their secret."""
    return "whsec_" + b64encode(token.encode()).decode()
