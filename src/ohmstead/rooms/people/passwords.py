"""Passwords: hashed with argon2id, beside the event loop, so that nobody waits for somebody else's."""

import asyncio

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

# The least the OWASP Password Storage Cheat Sheet asks for; 19 MiB a hash leaves room for many at once.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


async def hashed(password: str) -> str:
    """What to keep of a password."""
    return await asyncio.to_thread(_HASHER.hash, password)


async def fits(password: str, hash: str) -> bool:
    """Whether the password is the hash's; False too for a text that is no hash."""
    try:
        return await asyncio.to_thread(_HASHER.verify, hash, password)
    except (VerificationError, InvalidHashError):
        return False
