"""Signatures of the embedded gateway's events: an HMAC-SHA256 over the moment and the body, in a header of its own."""

import hmac
import re
from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256

from ohmstead.rooms.billing.gateways.gateway import Refused

HEADER = "Embedded-Gateway-Signature"
TOLERANCE_S = 300  # how old, or ahead, an event may be
_SIGNED = re.compile(r"t=([0-9]{1,12}),v1=([0-9a-f]{64})")


def signed(secret: bytes, raw: bytes, now: datetime) -> dict[str, str]:
    """The header that goes with a body."""
    at_s = int(now.timestamp())
    return {HEADER: f"t={at_s},v1={_mac(secret, at_s, raw)}"}


def require(secret: bytes, raw: bytes, headers: Mapping[str, str], now: datetime) -> None:
    """Refused where the body was not signed by us, or not lately."""
    said = next((value for name, value in headers.items() if name.lower() == HEADER.lower()), "")
    found = _SIGNED.fullmatch(said)
    if found is None or not hmac.compare_digest(found[2], _mac(secret, int(found[1]), raw)):
        raise Refused("the signature is not ours")
    if abs(now.timestamp() - int(found[1])) > TOLERANCE_S:
        raise Refused("the event was signed more than five minutes from now")


def _mac(secret: bytes, at_s: int, raw: bytes) -> str:
    return hmac.new(secret, f"{at_s}.".encode() + raw, sha256).hexdigest()
