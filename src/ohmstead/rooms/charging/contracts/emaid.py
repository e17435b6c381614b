"""EMAIDs: what a contract of Plug & Charge is called by (ISO 15118-2, annex H), 14 characters and one that checks them.

`DE-OHM-C0A0B7K42-A` is kept and compared as `DEOHMC0A0B7K42`: without separators, in capitals, unchecked.
"""

import re
import secrets
import string

_ALPHABET = string.digits + string.ascii_uppercase
_FORM = re.compile(r"([A-Z]{2})(-?)([0-9A-Z]{3})\2(C[0-9A-Z]{8})(?:\2([0-9A-Z]))?", re.ASCII)
_INSTANCE_LENGTH = 8


def made(country: str, provider: str) -> str:
    """A new one of a provider (three characters) of a country (two letters), as it is kept."""
    instance = "".join(secrets.choice(_ALPHABET) for _ in range(_INSTANCE_LENGTH))
    return f"{country}{provider}C{instance}"


def kept(text: str) -> str | None:
    """An EMAID in any of its forms as it is kept; None for what is none, or does not check."""
    found = _FORM.fullmatch(text.upper()) if text.isascii() else None
    if found is None:
        return None
    country, _, provider, contract, check = found.groups()
    emaid = country + provider + contract
    return emaid if check in (None, check_character(emaid)) else None


def printed(emaid: str) -> str:
    """As people read it: with separators and the character that checks it."""
    return f"{emaid[:2]}-{emaid[2:5]}-{emaid[5:]}-{check_character(emaid)}"


def check_character(emaid: str) -> str:
    """The one with which 15 characters come to nought."""
    return next(one for one in _ALPHABET if not any(_sum(emaid + one)))


def _sum(text: str) -> tuple[int, int, int, int]:
    """Each character is two digits of two and two of three; so is the sum of them, each multiplied by a matrix as often
    as its place says: ((0, 1), (1, 1)) modulo 2 and ((0, 1), (1, 2)) modulo 3."""
    a = b = c = d = 0
    for character in reversed(text):
        number = _ALPHABET.index(character)
        a, b, c, d = a + number // 18, b + number // 9 % 2, c + number // 3 % 3, d + number % 3
        a, b, c, d = b % 2, (a + b) % 2, d % 3, (c + 2 * d) % 3
    return a, b, c, d
