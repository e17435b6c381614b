"""Passwords of charge points: random keys, so a salted fast hash keeps them; they are never shown again."""

import hmac
import secrets
from hashlib import blake2b

SALT_BYTES = 16


def hashed(password: bytes) -> bytes:
    """What is kept of a password: a salt and the hash of the key it spells."""
    return _hash(_key(password), secrets.token_bytes(SALT_BYTES))


def matches(presented: bytes, stored: bytes) -> bool:
    """Whether a presented password is the stored one in any form a station may give it; takes the same time always.

    The key is set in hexadecimal and presented decoded (OCPP 1.6 security whitepaper), but some stations present it
    as it was set, and some operators set plain text of which the station presents the hexadecimal.
    """
    key = _key(presented)
    salt = stored[:SALT_BYTES]
    return sum(hmac.compare_digest(_hash(form, salt), stored) for form in (presented, key, _key(key))) > 0


def _key(password: bytes) -> bytes:
    """The bytes a password in hexadecimal spells; any other is its own key."""
    try:
        return bytes.fromhex(password.decode("ascii"))
    except ValueError:
        return password


def _hash(key: bytes, salt: bytes) -> bytes:
    return salt + blake2b(key, salt=salt, digest_size=32).digest()


NOBODY = hashed(secrets.token_bytes(32))
"""What a password is held against where there is no charge point, so that the answer takes as long."""
