"""E-mail addresses: what is taken for one."""

from typing import Annotated

from msgspec import Meta

Email = Annotated[
    str, Meta(pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$", max_length=254, extra_json_schema={"format": "email"})
]
