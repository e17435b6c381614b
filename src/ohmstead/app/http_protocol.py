"""One connection to the API's port: uvicorn's, within bounds. What is a request within them costs nothing more."""

import socket
from http import HTTPStatus
from typing import Any

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from ohmstead.app.http_bounds import (
    FULL,
    HEAD,
    IDLE,
    LINE,
    NOT_HTTP,
    PIPELINE,
    ROOM,
    SLOW_BODY,
    SLOW_HEAD,
    UNREAD,
    Port,
    Refusal,
)

BETWEEN = 4  # bytes of a header that are neither name nor value


class BoundedProtocol(HttpToolsProtocol):
    """Counts bytes as they come, and is looked at once a second for its times (`Port.look`)."""

    def __init__(self, port: Port, **options: Any) -> None:
        super().__init__(**options)
        self._port, self._bounds = port, port.bounds
        self.heard_at = self._body_since = 0.0  # s of the loop
        self._head_since: float | None = None  # None: between requests, or a head is complete
        self._in_body = False
        self._head_bytes = self._body_bytes = 0
        self._stuck_since: float | None = None  # nothing can be written
        self._refusal: Refusal | None = None

    @property
    def waits(self) -> bool:
        """Whether this connection waits for a request, and nobody for its answer."""
        return not self._in_body and (self.cycle is None or self.cycle.response_complete)

    @property
    def unfinished(self) -> int:
        """Bytes of a request that has not come whole yet."""
        return self._head_bytes + self._body_bytes if self._in_body else self._head_bytes

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        # asyncio does so only where the socket was made for this protocol: else each answer waits 40 ms for an ACK.
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.heard_at = self._head_since = self.loop.time()
        if len(self.connections) > self._bounds.connections and not self._room_made():
            self._refuse(FULL)

    def _room_made(self) -> bool:
        """Whether one that waits for a request went for this one; HTTP lets a server close those at any time."""
        while self._port.waiting:
            oldest = self._port.waiting.pop()
            if oldest.waits and oldest in self.connections and not oldest.transport.is_closing():
                self._port.refused(ROOM, oldest.client, self.heard_at)
                self.connections.discard(oldest)
                oldest.transport.abort()
                return True
        return False

    def data_received(self, data: bytes) -> None:
        self._unset_keepalive_if_required()
        self.heard_at = self.loop.time()
        if self._in_body:
            self._body_bytes += len(data)
        else:
            self._head_bytes += len(data)
            self._head_since = self._head_since or self.heard_at
        try:
            self.parser.feed_data(data)  # pyright: ignore[reportOptionalMemberAccess]
        except httptools.HttpParserUpgrade:
            return  # nothing but HTTP is spoken here; it was served as the request that it is
        except httptools.HttpParserError:
            self._refuse(self._refusal or NOT_HTTP)
            return
        if not self._in_body and self._head_bytes > self._bounds.head:
            self._refuse(LINE if not self.headers and len(self.url) > self._bounds.request_line else HEAD)

    def on_headers_complete(self) -> None:
        """Raises where the head is too large, which ends the parsing."""
        self._refusal = self._too_much()
        if self._refusal is not None:
            raise ValueError(self._refusal.reason)
        super().on_headers_complete()
        self._in_body, self._head_since = True, None
        self._body_since, self._body_bytes = self.heard_at, 0

    def _too_much(self) -> Refusal | None:
        bounds = self._bounds
        if len(self.headers) > bounds.headers:
            return HEAD
        if len(self.pipeline) >= bounds.pipelined:
            return PIPELINE
        if self._head_bytes <= bounds.request_line:
            return None
        if len(self.url) > bounds.request_line:
            return LINE
        size = len(self.url) + sum(len(name) + len(value) + BETWEEN for name, value in self.headers)
        return HEAD if size > bounds.head else None

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._in_body, self._head_bytes = False, 0

    def _should_upgrade(self) -> bool:
        return False

    def pause_writing(self) -> None:
        super().pause_writing()
        self._stuck_since = self.loop.time()

    def resume_writing(self) -> None:
        super().resume_writing()
        self._stuck_since = None

    def look(self, now: float) -> None:
        """Close the connection where it has overstepped its time."""
        if self.transport.is_closing():
            self._stuck_since = self._stuck_since or now
        if self._stuck_since is not None and now - self._stuck_since > self._bounds.unread_s:
            self._port.refused(UNREAD, self.client, now)
            self.transport.abort()
        elif self._head_since is not None and now - self._head_since > self._bounds.head_s:
            self._refuse(SLOW_HEAD if self._head_bytes else IDLE)
        elif self._in_body and self._body_is_late(now):
            self._refuse(SLOW_BODY)

    def _body_is_late(self, now: float) -> bool:
        """What we do not read ourselves, for it cannot be taken in yet, is not late."""
        if self.flow.read_paused:
            self.heard_at = self._body_since = now
            self._body_bytes = 0
            return False
        bounds = self._bounds
        allowed_s = bounds.body_s + self._body_bytes / bounds.body_bytes_s
        return now - self.heard_at > bounds.body_s or now - self._body_since > allowed_s

    def _refuse(self, refusal: Refusal) -> None:
        """Say why, where no answer has begun, and close; who waits for the body learns that it ends here."""
        if self.transport.is_closing():
            return
        self._port.refused(refusal, self.client, self.loop.time())
        cycle = self.cycle
        if refusal.status and (self.waits or not cycle.response_started):
            self.transport.write(_said(refusal))
        if cycle is not None and not cycle.response_complete:
            cycle.disconnected = True
            cycle.message_event.set()
        self.transport.close()


def _said(refusal: Refusal) -> bytes:
    status, text = HTTPStatus(refusal.status), refusal.reason.encode()
    wait = b"retry-after: 2\r\n" if status == HTTPStatus.SERVICE_UNAVAILABLE else b""
    head = b"HTTP/1.1 %d %b\r\ncontent-type: text/plain; charset=utf-8\r\n" % (status, status.phrase.encode())
    return head + b"content-length: %d\r\n%bconnection: close\r\n\r\n%b" % (len(text), wait, text)
