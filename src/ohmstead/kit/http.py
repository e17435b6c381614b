"""The way of a request: token, scope, rate limit, transaction, operation, answer; and every failure as JSON."""

import re
import secrets
import time
from collections.abc import Awaitable, Callable, Iterable
from functools import lru_cache
from typing import Any

import falcon
import falcon.asgi
import structlog
from falcon.asgi import Request, Response

from ohmstead.kit.audit import Act, write_audit
from ohmstead.kit.batches import Batcher
from ohmstead.kit.bounds import NUL
from ohmstead.kit.clock import Clock
from ohmstead.kit.db import Database, DatabaseUnavailable, Violation
from ohmstead.kit.errors import (
    BY_STATUS,
    ApiError,
    Forbidden,
    Invalid,
    NotAllowed,
    NotFound,
    Rejected,
    TooLarge,
    Unavailable,
    UnsupportedMediaType,
)
from ohmstead.kit.limits import RateLimit
from ohmstead.kit.operations import JSON, Actor, Call, Operation, Reply, Transactions, encoder
from ohmstead.kit.queries import parse

Authenticate = Callable[[str | None, str], Awaitable[Actor]]
Observe = Callable[[str, str, int, float], None]
MOST_BYTES = 1 << 20
_CHARSETS = ("utf-8", "utf8", "us-ascii")
_TRACE = re.compile(r"[\x21-\x7e]{1,128}")
log = structlog.get_logger("ohmstead.api")
_SOON_S = 0.003  # what an operation that was done in steps waits for others to be written down with it


class Api:
    """Serves operations as one ASGI app."""

    def __init__(
        self,
        operations: Iterable[Operation],
        database: Database,
        authenticate: Authenticate,
        clock: Clock,
        limit: RateLimit,
        version: str,
        observe: Observe = lambda operation, method, status, seconds: None,
        trusts_proxy: bool = False,
        request_type: type[Request] = Request,
    ) -> None:
        self.database, self.clock, self.limit = database, clock, limit
        self._authenticate, self._observe, self._trusts_proxy = authenticate, observe, trusts_proxy
        self._version = version
        self._done: Batcher[Act, None] = Batcher(self._write_done, _SOON_S)
        self.app: Any = falcon.asgi.App(media_type=JSON, middleware=[_Every()], request_type=request_type)
        self.app.req_options.strip_url_path_trailing_slash = True
        self.app.set_error_serializer(self._say_falcon)
        self.app.add_error_handler(Exception, self._crash)
        self.app.add_error_handler(falcon.HTTPError, self._falcon_error)
        for path, methods in _by_path(operations).items():
            self.app.add_route(path, _route({method: self._responder(one) for method, one in methods.items()}))
        self.app.add_sink(self._unknown, "/")

    def _responder(self, operation: Operation) -> Callable[..., Awaitable[None]]:
        async def respond(_: Any, req: Request, resp: Response, **path: str) -> None:
            started, actor = time.perf_counter(), None
            trace = self._trace(req)
            try:
                actor = await self._authenticate(req.get_header("Authorization"), self._remote(req))
                if not actor.may(operation.scope) or (actor.binding and not operation.partners):
                    raise Forbidden
                self.limit.check(actor.token_id)
                call = self._call(operation, actor, path, req, await _body(req), trace)
                reply = await self._run(call)
                self.limit.count(actor.token_id)
            except Exception as error:
                reply = self._failure(error, req, resp, trace)
            self._send(resp, reply, actor, trace)
            self._observe(operation.path, operation.method, reply.status, time.perf_counter() - started)

        return respond

    def _call(
        self, operation: Operation, actor: Actor, path: dict[str, str], req: Request, raw: bytes, trace: str
    ) -> Call:
        return Call(
            operation, actor, self.database, self.clock, path, parse(req.query_string), raw, self._url(req), trace
        )

    async def _run(self, call: Call) -> Reply:
        _check_address(call)
        transactions = call.operation.transactions
        if transactions is Transactions.READ:
            async with self.database.read() as call._tx:
                return await call.operation.run(call)
        if transactions is Transactions.ONE:
            async with self.database.begin() as call._tx:
                reply = await call.operation.run(call)
                await write_audit(call._tx, _act(call))
                return reply
        try:
            reply = await call.operation.run(call)
        except Exception as error:  # what was done until then is an act, and so is what a charge point was asked for
            if call.committed or isinstance(error, Rejected):
                await self._done.put(_act(call, refused=str(error) or type(error).__name__))
            raise
        await self._done.put(_act(call))
        return reply

    async def _write_done(self, acts: list[Act]) -> list[None]:
        async with self.database.begin() as tx:
            await write_audit(tx, *acts)
        return [None] * len(acts)

    def _send(self, resp: Response, reply: Reply, actor: Actor | None, trace: str) -> None:
        resp.status = reply.status
        if reply.body is not None:
            resp.data, resp.content_type = reply.body, JSON
        headers = self.limit.headers(actor.token_id if actor else None)
        headers["X-App-Version"], headers["X-Req-Trace-Id"] = self._version, trace
        resp.set_headers(headers)

    async def _unknown(self, req: Request, resp: Response, **_: str) -> None:
        message = f"The route {req.path.lstrip('/') or '/'} could not be found."
        self._send(resp, Reply.of(404, NotFound(message).body()), None, self._trace(req))

    async def _falcon_error(self, req: Request, resp: Response, error: Any, params: Any) -> None:
        kind = BY_STATUS.get(error.status_code, ApiError)
        message = f"The {req.method} method is not supported for this route." if kind is NotAllowed else None
        resp.set_headers(dict(error.headers or {}))
        self._send(resp, Reply.of(error.status_code, kind(message).body()), None, self._trace(req))

    async def _crash(self, req: Request, resp: Response, error: Exception, params: Any) -> None:
        """What is served beside the operations failed."""
        trace = self._trace(req)
        self._send(resp, self._failure(error, req, resp, trace), None, trace)

    def _failure(self, error: Exception, req: Request, resp: Response, trace: str) -> Reply:
        """The answer to a request that failed; what is nobody's but ours is logged."""
        if isinstance(error, DatabaseUnavailable):
            log.warning("database away", path=req.path, trace_id=trace, why=str(error))
            error = Unavailable(headers={"Retry-After": "2"})
        elif isinstance(error, Violation):
            log.warning("constraint violated", path=req.path, trace_id=trace, constraint=error.constraint)
            error = error.answer()
        elif not isinstance(error, ApiError):
            log.error("request failed", path=req.path, trace_id=trace, exc_info=error)
            error = ApiError()
        resp.set_headers(dict(error.headers))
        return Reply.of(error.status, error.body())

    def _say_falcon(self, req: Request, resp: Response, error: Any) -> None:
        resp.data, resp.content_type = encoder.encode({"message": error.title}), JSON

    def _trace(self, req: Request) -> str:
        given = req.get_header("X-Req-Trace-Id")
        if given and _TRACE.fullmatch(given):
            return given
        return f"Root=1-{int(time.time()):08x}-{secrets.token_hex(12)}"

    def _remote(self, req: Request) -> str:
        """The caller's address: of a forwarded list the last, which our proxy added; the others anyone may write."""
        if self._trusts_proxy and (forwarded := req.get_header("X-Forwarded-For")):
            return forwarded.rpartition(",")[2].strip()
        return req.remote_addr

    def _url(self, req: Request) -> str:
        scheme, host = req.scheme, req.get_header("Host") or req.netloc
        if self._trusts_proxy:
            scheme = req.get_header("X-Forwarded-Proto") or scheme
            host = req.get_header("X-Forwarded-Host") or host
        return f"{scheme}://{host}{req.path}"


class _Every:
    """What holds for every request on the port, and every answer to one."""

    async def process_request(self, req: Request, resp: Response) -> None:
        """RFC 9112, 3.2: a request of HTTP/1.1 names its host. What we say something is, it is."""
        resp.set_header("X-Content-Type-Options", "nosniff")
        if req.scope.get("http_version") == "1.1" and req.get_header("Host") is None:
            raise falcon.HTTPBadRequest


def _by_path(operations: Iterable[Operation]) -> dict[str, dict[str, Operation]]:
    paths: dict[str, dict[str, Operation]] = {}
    for operation in operations:
        methods = paths.setdefault(operation.path, {})
        if operation.method in methods:
            raise LookupError(f"{operation.method} {operation.path} is declared twice")
        methods[operation.method] = operation
    return paths


def _route(methods: dict[str, Callable[..., Awaitable[None]]]) -> Any:
    async def refuse(_: Any, req: Request, resp: Response, **path: str) -> None:
        raise falcon.HTTPMethodNotAllowed(list(methods))

    responders = {f"on_{method.lower()}": responder for method, responder in methods.items()}
    return type("Route", (), {"on_options": refuse} | responders)()


def _check_address(call: Call) -> None:
    for name, text in call.path.items():
        if NUL in text:
            raise NotFound(f"The selected {name} is invalid.")
    for name, text in call.query.plain.items():
        if NUL in text:
            raise Invalid.of({name: [f"The {name} may not contain NUL characters."]})
    for name, allowed in call.operation.choices.items():
        if call.path[name] not in allowed:
            raise NotFound(f"The selected {name} is invalid.")


async def _body(req: Request) -> bytes:
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


def _act(call: Call, refused: str | None = None) -> Act:
    target = call.url.partition("/public-api/")[2] or call.url
    action = f"{call.operation.method} {call.operation.summary}"
    return Act(action, target, call.actor.admin_id, call.actor.token_id, call.changes, refused, call.trace_id)
