"""The way of a request: token, scope, rate limit, transaction, operation, answer; and every failure as JSON."""

import time
from collections.abc import Awaitable, Callable, Iterable
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
    Unavailable,
)
from ohmstead.kit.limits import RateLimit
from ohmstead.kit.operations import JSON, NOBODY, Actor, Call, Operation, Reply, Transactions, encoder
from ohmstead.kit.queries import parse
from ohmstead.kit.requests import address_of, body_of, trace_of, url_of

Authenticate = Callable[[str | None, str], Awaitable[Actor]]
Observe = Callable[[str, str, int, float], None]
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
        admit_address: Callable[[str], None] = lambda address: None,
    ) -> None:
        """`admit_address` raises TooManyAttempts for the address of a call without a token that is one too many."""
        self.database, self.clock, self.limit = database, clock, limit
        self._authenticate, self._observe, self._trusts_proxy = authenticate, observe, trusts_proxy
        self._version, self._admit_address = version, admit_address
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
            trace = trace_of(req)
            try:
                actor = await self._admit(operation, req)
                if not operation.open:
                    self.limit.check(actor.token_id)
                call = self._call(operation, actor, path, req, await body_of(req), trace)
                reply = await self._run(call)
                if not operation.open:
                    self.limit.count(actor.token_id)
            except Exception as error:
                reply = self._failure(error, req, resp, trace)
            self._send(resp, reply, actor, trace)
            self._observe(operation.path, operation.method, reply.status, time.perf_counter() - started)

        return respond

    async def _admit(self, operation: Operation, req: Request) -> Actor:
        address = address_of(req, self._trusts_proxy)
        if operation.open:
            if operation.counted:
                self._admit_address(address)
            return NOBODY
        actor = await self._authenticate(req.get_header("Authorization"), address)
        opened = operation.partners if actor.terminal is None else operation.terminals
        if not actor.may(operation.scope) or (actor.binding and not opened):
            raise Forbidden
        return actor

    def _call(
        self, operation: Operation, actor: Actor, path: dict[str, str], req: Request, raw: bytes, trace: str
    ) -> Call:
        return Call(
            operation,
            actor,
            self.database,
            self.clock,
            path,
            parse(req.query_string),
            raw,
            url_of(req, self._trusts_proxy),
            trace,
            headers=req.headers if operation.open else {},
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
        headers = self.limit.headers(actor.token_id if actor and actor is not NOBODY else None)
        headers["X-App-Version"], headers["X-Req-Trace-Id"] = self._version, trace
        resp.set_headers(headers)

    async def _unknown(self, req: Request, resp: Response, **_: str) -> None:
        message = f"The route {req.path.lstrip('/') or '/'} could not be found."
        self._send(resp, Reply.of(404, NotFound(message).body()), None, trace_of(req))

    async def _falcon_error(self, req: Request, resp: Response, error: Any, params: Any) -> None:
        kind = BY_STATUS.get(error.status_code, ApiError)
        message = f"The {req.method} method is not supported for this route." if kind is NotAllowed else None
        resp.set_headers(dict(error.headers or {}))
        self._send(resp, Reply.of(error.status_code, kind(message).body()), None, trace_of(req))

    async def _crash(self, req: Request, resp: Response, error: Exception, params: Any) -> None:
        """What is served beside the operations failed."""
        trace = trace_of(req)
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


def _act(call: Call, refused: str | None = None) -> Act:
    target = call.url.partition("/public-api/")[2] or call.url
    action = f"{call.operation.method} {call.operation.summary}"
    who = (None, None) if call.actor is NOBODY else (call.actor.admin_id, call.actor.token_id)
    return Act(action, target, *who, call.changes, refused, call.trace_id)
