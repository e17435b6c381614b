"""E-mail addresses: what is taken for one."""

from typing import Annotated

from msgspec import Meta

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"(?!(?![Xx][Nn])..--)[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"

Email = Annotated[  # RFC 5321, in ASCII; what stands behind `$` could else be a line's end
    str,
    Meta(
        pattern=rf"^(?!.{{65,}}@){_ATOM}(?:\.{_ATOM})*@{_LABEL}(?:\.{_LABEL})+$(?!\n)",
        max_length=254,
        extra_json_schema={"format": "email"},
    ),
]
