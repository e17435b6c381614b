"""Bodies of requests: whole, or an error. One whose line broke looks to Falcon like one that has ended."""

from typing import Any

import falcon.asgi
from falcon.asgi.stream import BoundedStream

from ohmstead.kit.errors import BadRequest


class BodyCut(BadRequest):
    """The connection ended before the body did; that is told to nobody but the code that reads."""

    message = "The request body ended too soon."


class WholeRequest(falcon.asgi.Request):
    """A request whose body, read to its end, is all that was announced. Reading raises BodyCut otherwise."""

    __slots__ = ()

    @property
    def stream(self) -> Any:
        """See `falcon.asgi.Request.stream`."""
        if self._stream is None:
            self._stream = BoundedStream(self._whole, first_event=self._first_event, content_length=self.content_length)
        return self._stream

    async def _whole(self) -> Any:
        event = await self._receive()
        if event["type"] == "http.disconnect":
            raise BodyCut
        return event
