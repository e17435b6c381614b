"""Groups of hand-written operations: the actions of a tag, declared as decorated functions."""

import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, get_origin

import msgspec

from ohmstead.kit.access import Access
from ohmstead.kit.filters import Filter
from ohmstead.kit.operations import Call, Operation, Parameter, Reply, Transactions
from ohmstead.kit.paging import Pages
from ohmstead.kit.references import References, require
from ohmstead.kit.validation import decode

Handler = Callable[..., Awaitable[Any]]
API = "/public-api/"


class Group:
    """Operations that share a tag, a path prefix below `/public-api/`, a scope word and what is open to the tokens of
    partners (`access`), unless one says otherwise. With `open` they take no token, and answer NOBODY."""

    def __init__(self, tag: str, prefix: str, scope: str, *, access: Access, open: bool = False) -> None:
        self.tag, self.prefix, self.scope, self.access, self.open = tag, prefix, scope, access, open
        self.operations: list[Operation] = []

    def post(self, path: str, summary: str, *, scope: str = "act", **facts: Any) -> Callable[[Handler], Handler]:
        """Declare a POST. See `declare`."""
        return self.declare("POST", path, summary, scope=scope, **facts)

    def get(self, path: str, summary: str, **facts: Any) -> Callable[[Handler], Handler]:
        """Declare a GET. See `declare`."""
        facts.setdefault("status", 200)
        return self.declare("GET", path, summary, scope="read", transactions=Transactions.READ, **facts)

    def put(self, path: str, summary: str, **facts: Any) -> Callable[[Handler], Handler]:
        """Declare a PUT. See `declare`."""
        return self.declare("PUT", path, summary, scope="write", **{"status": 200, **facts})

    def patch(self, path: str, summary: str, **facts: Any) -> Callable[[Handler], Handler]:
        """Declare a PATCH. See `declare`."""
        return self.declare("PATCH", path, summary, scope="write", **{"status": 200, **facts})

    def declare(
        self,
        method: str,
        path: str,
        summary: str,
        *,
        scope: str,
        transactions: Transactions = Transactions.ONE,
        body: Any = None,
        references: References | None = None,
        status: int = 202,
        gives: Any = None,
        answers: Mapping[int, Any] | None = None,
        errors: tuple[int, ...] | None = None,
        choices: Mapping[str, tuple[str, ...]] | None = None,
        parameters: tuple[Parameter, ...] = (),
        filters: tuple[Filter, ...] = (),
        pages: Pages | None = None,
        deprecated: bool = False,
        access: Access | None = None,
        terminals: bool = False,
        counted: bool = True,
    ) -> Callable[[Handler], Handler]:
        """Declare `async def handler(call)`, or `handler(call, body)` with a struct, a list of it, or one by its tag.

        What it returns is the answer: None for an empty `status`, a Reply as it is, anything else encoded. With
        `pages` it `gives` the type of an item, and returns `data`, `links` and `meta` (see `Listing`).
        """
        errors = errors or ((404, 429) if self.open else (401, 403, 404, 429))
        if pages is not None:
            gives, errors = list[gives], (*errors, 422)

        def register(handler: Handler) -> Handler:
            self.operations.append(
                Operation(
                    method=method,
                    path=API + self.prefix + path,
                    tag=self.tag,
                    summary=summary,
                    run=_runner(handler, body, references or {}, status),
                    scope=f"{self.scope}.{scope}",
                    partners=(access or self.access).opens(method),
                    transactions=transactions,
                    body=body,
                    references=references or {},
                    body_required=body is not None and _required(body),
                    answers=answers or {status: gives},
                    errors=errors if body is None or 422 in errors else (*errors, 422),
                    choices=choices or {},
                    parameters=parameters,
                    filters=filters,
                    pages=pages,
                    deprecated=deprecated,
                    terminals=terminals,
                    open=self.open,
                    counted=counted,
                    wrapped=pages is not None,
                    doc=re.sub(r"\s+", " ", handler.__doc__ or "").strip(),
                )
            )
            return handler

        return register


def _required(body: Any) -> bool:
    """Whether nothing at all is no body."""
    if get_origin(body) is not None:  # a list, or one of several that say which they are
        return True
    return any(field.required for field in msgspec.structs.fields(body))


def _runner(handler: Handler, body: Any, references: References, status: int) -> Callable[[Call], Awaitable[Reply]]:
    decoder = msgspec.json.Decoder(body) if body else None

    async def run(call: Call) -> Reply:
        if decoder is None:
            answer = await handler(call)
        else:
            content = decode(call.raw or b"{}", decoder)
            await require(references, content, call)
            answer = await handler(call, content)
        if isinstance(answer, Reply):
            return answer
        return Reply(status) if answer is None else Reply.of(status, answer)

    return run
