"""What a request brings: its body, the caller's address, the URL it was sent to, and how it is called in the logs."""

import re
import secrets
import time
from functools import lru_cache

from falcon.asgi import Request

from ohmstead.kit.errors import TooLarge, UnsupportedMediaType
from ohmstead.kit.operations import JSON

MOST_BYTES = 1 << 20
_CHARSETS = ("utf-8", "utf8", "us-ascii")
_TRACE = re.compile(r"[\x21-\x7e]{1,128}")


async def body_of(req: Request) -> bytes:
    """The body's bytes; too many are refused by their length before they are read, or as they come."""
    if req.method == "GET":
        return b""
    if (req.content_length or 0) > MOST_BYTES:
        raise TooLarge
    raw = await req.stream.read(MOST_BYTES + 1)
    if len(raw) > MOST_BYTES:
        raise TooLarge
    if raw and not _is_json(req.content_type or JSON):
        raise UnsupportedMediaType
    return raw


@lru_cache(maxsize=64)
def _is_json(content_type: str) -> bool:
    """Whether it is JSON in UTF-8, which is all JSON there is (RFC 8259, 8.1)."""
    kind, _, parameters = content_type.lower().partition(";")
    charsets = [value.strip(' "') for name, _, value in (one.partition("=") for one in parameters.split(";"))
                if name.strip() == "charset"]  # fmt: skip
    return kind.strip() == JSON and all(one in _CHARSETS for one in charsets)


def trace_of(req: Request) -> str:
    """What the caller calls the request, else a name of ours."""
    given = req.get_header("X-Req-Trace-Id")
    if given and _TRACE.fullmatch(given):
        return given
    return f"Root=1-{int(time.time()):08x}-{secrets.token_hex(12)}"


def address_of(req: Request, trusts_proxy: bool) -> str:
    """The caller's address: of a forwarded list the last, which our proxy added; the others anyone may write."""
    if trusts_proxy and (forwarded := req.get_header("X-Forwarded-For")):
        return forwarded.rpartition(",")[2].strip()
    return req.remote_addr


def url_of(req: Request, trusts_proxy: bool) -> str:
    """Where the caller reached us, without the query."""
    scheme, host = req.scheme, req.get_header("Host") or req.netloc
    if trusts_proxy:
        scheme = req.get_header("X-Forwarded-Proto") or scheme
        host = req.get_header("X-Forwarded-Host") or host
    return f"{scheme}://{host}{req.path}"
