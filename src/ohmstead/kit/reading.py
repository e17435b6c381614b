"""Reading: the SQL of a version's list and read, and the way from rows to answers."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import ARRAY, BigInteger, DateTime, Select, bindparam, func, select

from ohmstead.kit.db import Statement, Statements, Tx
from ohmstead.kit.errors import Invalid, NotFound
from ohmstead.kit.filters import selected_filters
from ohmstead.kit.operations import Call, Parameter, RenderContext, Reply, Transactions
from ohmstead.kit.paging import PageRequest, Pages, cursor_answer, number_page, paged, parse_page
from ohmstead.kit.parts import as_sent, nested
from ohmstead.kit.resources import Resource, access_conditions, parent_conditions, parents
from ohmstead.kit.validation import label
from ohmstead.kit.versions import Include, Version, wrapped
from ohmstead.kit.views import answer_struct, nullable, readable, snake

NOW = bindparam("now", type_=DateTime(timezone=True))
"""The moment of the call, for a resource's columns and filters."""


class Reader:
    """Lists and reads one version of a resource."""

    def __init__(self, resource: Resource, version: Version) -> None:
        self.resource, self.version = resource, version
        self.includes = resource.includes_of(version)
        self.filters = resource.filters_of(version)
        self._extra = {one.field or snake(one.name): one for one in self.includes.values()}
        newest = resource.newest
        every = {one.field or snake(one.name) for one in resource.includes_of(newest).values()} | set(self._extra)
        shown = readable(newest.view)
        selected = [name for name in shown if name not in every]
        self._older = answer_struct(version.view, list(readable(version.view))) if version.downgrade else None
        sources = (as_sent(self._source(name), opaque=self._older is None).label(name) for name in selected)
        self.columns = [resource.table.c.id.label("key"), *sources]
        absent = {name for name in selected if not nullable(shown[name])}
        self._answer = answer_struct(newest.view, [*selected, *self._extra], absent)
        self._statements = Statements()

    def operation_fields(self, verb: str) -> dict[str, Any]:
        """What an Operation of list or read is made of."""
        common: dict[str, Any] = {"method": "GET", "transactions": Transactions.READ, "includes": self.named_includes()}
        common["parameters"] = tuple(Parameter(one.flag, bool, False) for one in self.includes.values() if one.flag)
        common["parameters"] += self.version.parameters
        shown = self.version.answer or self.version.view
        if verb == "read":
            errors = (401, 403, 404, 422, 429) if self.includes else (401, 403, 404, 429)  # 422: an unknown include
            return common | {"run": self.read, "answers": {200: shown}, "errors": errors}
        pages = self.version.pages
        listed = {"pages": pages, "filters": tuple(self.filters.values()), "answers": {200: list[shown]}}
        listed["single"] = self.version.single is not None
        return common | listed | {"run": self.list, "errors": (401, 403, 404, 422, 429)}

    def named_includes(self) -> tuple[str, ...]:
        """What `include[]` may ask for."""
        return tuple(one.name for one in self.includes.values() if not one.always and not one.flag)

    def _source(self, name: str) -> Any:
        table, columns, parts = self.resource.table, self.resource.columns, self.resource.parts
        if name in parts:
            return parts[name].source(nested(self.resource.newest.view, name))
        if name in columns:
            return columns[name]
        if name == "last_updated_at":
            return table.c.updated_at
        if name not in table.c:
            raise LookupError(f"{self.resource.name}: nothing to read the field {name!r} from")
        return table.c[name]

    async def read(self, call: Call) -> Reply:
        """Answer one row."""
        return Reply.of(200, wrapped(await self.one(call, None, self.asked(call.context)), call))

    async def one(self, call: Call, key: int | None, includes: list[Include]) -> Any:
        """The answer of the row of an id (None: of the one that the path names), or 404."""
        resource, actor, above = self.resource, call.actor, parents(self.resource, call)
        shape = ("one", key is None, actor.binding, bool(above))
        value = resource.key_of(call) if key is None else key

        def query() -> Select[Any]:
            parts = (*access_conditions(resource, actor.binding), *parent_conditions(resource, call.path))
            return select(*self.columns).where(*resource.named(key is None), *parts)

        statement = self._statements.get(shape, query)
        row = await call.tx.one(statement, key=value, **actor.bound, now=call.now, **above)
        if row is None:
            raise NotFound.model(resource.title, value)
        return (await self.present(call.tx, [row], includes, call.context))[0]

    async def many(self, keys: Collection[int], tx: Tx, context: RenderContext) -> dict[int, Any]:
        """The answers of rows by id, of those that the actor may see. See `rendering`."""
        resource, actor = self.resource, context.actor

        def query() -> Select[Any]:
            named = resource.table.c.id == bindparam("wanted", type_=ARRAY(BigInteger)).any_()
            return select(*self.columns).where(named, *access_conditions(resource, actor.binding))

        statement = self._statements.get(("many", actor.binding), query)
        rows = await tx.all(statement, wanted=list(keys), **actor.bound, now=tx.now)
        answers = await self.present(tx, rows, self.asked(context), context)
        return {row[0]: answer for row, answer in zip(rows, answers, strict=True)}

    def asked(self, context: RenderContext) -> list[Include]:
        """The includes a request names, and those that are always there; an unknown one is a 422."""
        unknown = [name for name in context.include if name not in self.includes]
        if unknown and self.includes:
            raise Invalid(include=[f"The include {label(name)} is not supported." for name in unknown])
        return [
            one
            for one in self.includes.values()
            if one.always or one.name in context.include or (one.flag and context.sets(one.flag))
        ]

    async def present(self, tx: Tx, rows: list[Any], includes: Sequence[Include], context: RenderContext) -> list[Any]:
        """Rows (key first, then the selected fields) as answers of this version, with their includes."""
        found = [self._answer(*row[1:]) for row in rows]
        if includes and rows:
            keys = [row[0] for row in rows]
            for one in includes:
                place = one.field or snake(one.name)
                values = await one.load(tx, keys, context)
                for key, answer in zip(keys, found, strict=True):
                    setattr(answer, place, values.get(key, one.empty))
        return [self._downgraded(answer) for answer in found] if self._older else found

    def _downgraded(self, answer: Any) -> Any:
        assert self._older is not None
        assert self.version.downgrade is not None
        told = zip(self._answer.__struct_fields__, self._answer.__struct_defaults__, strict=True)
        fields = {name: value for name, left_out in told if (value := getattr(answer, name)) is not left_out}
        return self._older(**self.version.downgrade(fields))

    async def list(self, call: Call) -> Reply:
        """Answer a page."""
        if self.resource.parent:
            await self.resource.parent.resource.find(call)
        if self.version.single and (key := await self.version.single(call)) is not None:
            return Reply.of(200, {"data": [await self.one(call, key, self.asked(call.context))]})
        page = parse_page(call.query, self.version.pages)
        names, values = selected_filters(self.filters, call.query.filters)
        includes = self.asked(call.context)
        values |= {
            **call.actor.bound,
            "now": call.now,
            "after": page.after,
            **parents(self.resource, call),
        }
        if self.version.pages is Pages.WHOLE:
            rows = await call.tx.all(self._listing(call, names, None), **values)
            return Reply.of(200, {"data": await self.present(call.tx, rows, includes, call.context)})
        if not page.by_cursor:
            return await self._numbered(call, page, names, values, includes)
        rows = await call.tx.all(self._listing(call, names, page), **values, most=page.per_page + 1)
        rows, around = cursor_answer(page, rows, call.url, call.query)
        return Reply.of(200, {"data": await self.present(call.tx, rows, includes, call.context)} | around)

    async def _numbered(
        self, call: Call, page: PageRequest, names: tuple[str, ...], values: dict[str, Any], includes: Sequence[Include]
    ) -> Reply:
        skipped = (page.number - 1) * page.per_page
        rows = await call.tx.all(self._listing(call, names, page), **values, most=page.per_page, skipped=skipped)
        total = await call.tx.value(self._count(call, names), **values)
        around = number_page(page, len(rows), total, call.url, call.query)
        return Reply.of(200, {"data": await self.present(call.tx, rows, includes, call.context)} | around)

    def _where(self, query: Select[Any], call: Call, names: tuple[str, ...]) -> Select[Any]:
        parts = [
            *access_conditions(self.resource, call.actor.binding),
            *parent_conditions(self.resource, call.path),
        ]
        return query.where(*parts, *(self.filters[name].condition() for name in names))

    def _listing(self, call: Call, names: tuple[str, ...], page: PageRequest | None) -> Statement:
        shape = (call.actor.binding, names, page and (page.by_cursor, page.after is not None, page.forward))
        return self._statements.get(shape, lambda: self._paged(call, names, page))

    def _paged(self, call: Call, names: tuple[str, ...], page: PageRequest | None) -> Select[Any]:
        query, key = self._where(select(*self.columns), call, names), self.resource.table.c.id
        return query.order_by(key) if page is None else paged(query, key, page)

    def _count(self, call: Call, names: tuple[str, ...]) -> Statement:
        shape = ("count", call.actor.binding, names)
        counted = select(func.count()).select_from(self.resource.table)
        return self._statements.get(shape, lambda: self._where(counted, call, names))
