"""The opening handshake: what it says of a station, what is wrong with it, and what is made good."""

from collections.abc import Callable
from http import HTTPStatus
from urllib.parse import unquote, urlsplit

from msgspec import Struct
from websockets import Headers, Request
from websockets.exceptions import HeaderLineTooLong, RequestLineTooLong, TooManyHeaders

from ohmstead.ocpp.connection_identity import Refused
from ohmstead.ocpp.credentials import credentials

NOBODY = Refused(HTTPStatus.NOT_FOUND, "the path names no charge point")
TWO_PROOFS = Refused(HTTPStatus.BAD_REQUEST, "more than one Authorization header")
ANOTHER_USER = Refused(HTTPStatus.UNAUTHORIZED, "the user name is not the identity of the path")
NO_CONNECTION = "the handshake has no Connection header"
TLS_RECORD = b"\x16\x03"
LONGEST_REASON = 200
_TOO_LARGE = {
    RequestLineTooLong: "the request line is too long",
    HeaderLineTooLong: "a header is too long",
    TooManyHeaders: "there are too many headers",
}

OnRefused = Callable[[str, str, str], None]
"""Told of a handshake that was refused before anybody was asked who that is, or that failed after: the identity in its
path ("" for none), the remote IP address, and why."""


class Handshake(Struct, frozen=True):
    """What a request says. `identity` is "" where it names none; `fault` is why it is refused whoever that is."""

    identity: str
    password: bytes | None
    offered: list[str]
    fault: Refused | None
    attempted: bool  # a WebSocket was asked for, or a charge point named: no mere look at the port


def read(request: Request) -> Handshake:
    """Take a request apart; whatever it holds, this raises nothing."""
    who = identity(request.path)
    proofs = request.headers.get_all("Authorization")
    given = credentials(proofs[0]) if proofs else None
    fault = None
    if not who:
        fault = NOBODY
    elif len(proofs) > 1:
        fault = TWO_PROOFS
    elif given and given.user != who:
        fault = ANOTHER_USER
    offered = [name.strip() for line in request.headers.get_all("Sec-WebSocket-Protocol") for name in line.split(",")]
    attempted = bool(who) or "Upgrade" in request.headers or "Sec-WebSocket-Key" in request.headers
    return Handshake(who, given.password if given else None, offered, fault, attempted)


def identity(target: str) -> str:
    """The last segment of the request path, decoded; "" where there is none, or one that nobody can have. Prefix and
    trailing slashes are free."""
    try:
        found = unquote(urlsplit(target).path.rstrip("/").rpartition("/")[2])
    except ValueError:  # `http://[::1/ocpp/CP`
        return ""
    return "" if any(ord(letter) < ord(" ") or letter == "\x7f" for letter in found) else found


def complete(headers: Headers) -> bool:
    """Add the Connection header that a request for a WebSocket lacks (Autel MaxiCharger: lbbrhzn/ocpp #1933); whether
    it did. Where there is one, it was meant: by a proxy that knows no WebSocket, say."""
    upgrades = [line.strip().lower() for line in headers.get_all("Upgrade")]
    if "Connection" in headers or upgrades != ["websocket"]:
        return False
    headers["Connection"] = "Upgrade"
    return True


def unreadable(started: bytes, error: BaseException | None) -> str | None:
    """Why what came is no request; None while it still may become one. TLS is known by its first bytes."""
    if started.startswith(TLS_RECORD):
        return "TLS, on the port that does not speak it"
    if error is None:
        return None
    why = next((text for kind, text in _TOO_LARGE.items() if isinstance(error, kind)), str(error.__cause__ or error))
    return why[:LONGEST_REASON]
