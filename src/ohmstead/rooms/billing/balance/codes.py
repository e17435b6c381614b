"""Codes of vouchers: nobody guesses one, and nobody misreads one."""

import secrets

ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""Without 0, 1, I, L and O, which look like others."""
LENGTH = 12  # of 31 letters: 59 bits


def new_code(prefix: str = "") -> str:
    """A code that was never given, behind its prefix."""
    return prefix.upper() + "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))


def with_prefix(code: str, prefix: str) -> str:
    """The same code behind another prefix."""
    return prefix.upper() + code[-LENGTH:]


def as_stored(text: str) -> str:
    """A code as somebody typed it in."""
    return text.strip().upper()
