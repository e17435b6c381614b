"""HTTP basic authentication as stations send it: the password is bytes, and may be written in hexadecimal."""

import base64
from typing import NamedTuple


class Credentials(NamedTuple):
    """`user` should be the charge point's identity."""

    user: str
    password: bytes


def credentials(header: str | None) -> Credentials | None:
    """What an Authorization header says; None for none, or one that is no basic authentication (RFC 7617)."""
    scheme, _, token = (header or "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        user, colon, password = base64.b64decode(token.strip(), validate=True).partition(b":")
    except ValueError:  # no base64, or no ASCII
        return None
    return Credentials(user.decode(errors="replace"), password) if colon else None
