"""The base of all OCPP payloads: camelCase on the wire, absent when None, nothing unknown allowed."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

Instant = Annotated[datetime, Meta(tz=True)]
"""A moment with its zone; one without is a deviation, which only the lenient reading accepts."""
Whole = Annotated[int, Meta(ge=-(2**31), le=2**31 - 1)]
"""An integer of OCPP, which has 32 bits."""
Register = Annotated[int, Meta(ge=-(2**53), le=2**53)]
"""What a meter counts in its life, in Wh: more than an integer holds, and no more than is exact in a float."""


class Message(
    Struct, rename="camel", omit_defaults=True, forbid_unknown_fields=True, kw_only=True, frozen=True, gc=False
):
    """One payload, or a part of one. Decoding checks types, lists of words and lengths; constructing does not.

    So one set of types serves both readings: a lenient one may hold a longer text or a word outside its list.
    """
