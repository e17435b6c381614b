"""Passwords of charge points: random keys, so a salted fast hash keeps them; they are never shown again."""

import hmac
import secrets
from hashlib import blake2b

SALT_BYTES = 16


def hashed(password: bytes, salt: bytes | None = None) -> bytes:
    """The salt and the hash, in one."""
    salt = salt or secrets.token_bytes(SALT_BYTES)
    return salt + blake2b(password, salt=salt, digest_size=32).digest()


def matches(presented: bytes, stored: bytes) -> bool:
    """Whether a presented password is the stored one in any form a station may give it; takes the same time always.

    The key is set in hexadecimal and presented decoded (OCPP 1.6 security whitepaper), but some stations present it
    as it was set, and some operators set plain text where the station presents its hexadecimal.
    """
    salt = stored[:SALT_BYTES]
    return sum(hmac.compare_digest(hashed(form, salt), stored) for form in _forms(presented)) > 0


def _forms(presented: bytes) -> tuple[bytes, ...]:
    try:
        decoded = bytes.fromhex(presented.decode("ascii"))
    except ValueError:
        decoded = presented
    return tuple(form for key in (presented, decoded) for form in (key, key.hex().encode(), key.hex().upper().encode()))


NOBODY = hashed(secrets.token_bytes(32))
"""What a password is held against where there is no charge point, so that the answer takes as long."""
