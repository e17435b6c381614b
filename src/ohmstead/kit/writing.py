"""Writing: create, update, replace, put and delete of a version: parse, upgrade, shape, rules, row, facts, answer."""

from types import MappingProxyType
from typing import Any, cast

import msgspec
from msgspec import NODEFAULT, UNSET
from msgspec.inspect import Field
from sqlalchemy import bindparam, delete, func, insert, select, update
from sqlalchemy.sql import ClauseElement

from ohmstead.kit.bounds import misfits
from ohmstead.kit.db import Duplicate, Row, Statements, StillReferenced, UnknownReference
from ohmstead.kit.errors import Conflict, NotFound
from ohmstead.kit.facts import Action, content_of, wanted
from ohmstead.kit.hooks import Hook
from ohmstead.kit.operations import Call, Reply, Transactions
from ohmstead.kit.parts import nested
from ohmstead.kit.reading import Reader
from ohmstead.kit.references import look_up
from ohmstead.kit.resources import Resource, find
from ohmstead.kit.validation import decode, label
from ohmstead.kit.versions import Version, wrapped
from ohmstead.kit.views import camel, creates, fields, marked, provided, updates
from ohmstead.kit.writes import Write


class Writer:
    """Writes one version of a resource."""

    def __init__(self, resource: Resource, version: Version, reader: Reader) -> None:
        self.resource, self.version, self.reader = resource, version, reader
        self.create_body = version.create_body or creates(version.create_view or version.view)
        self.update_body = updates(
            version.update_view or version.create_view or version.view, version.required_on_update
        )
        self._creates = msgspec.json.Decoder(self.create_body)
        self._updates = msgspec.json.Decoder(self.update_body)
        declared = fields(version.create_view or version.view)
        self._unsaid = {name: _default(one) for name, one in declared.items() if not marked(one, "readOnly")}
        self._statements = Statements()

    def operation_fields(self, verb: str) -> dict[str, Any]:
        """What an Operation of create, update or delete is made of."""
        view, includes = self.version.answer or self.version.view, self.reader.named_includes()
        created = verb == "put" and self.resource.key
        update_method = "PUT" if self.version.updates_by_put else "PATCH"
        if verb == "create":
            return {"method": "POST", "transactions": Transactions.ONE, "run": self.create, "body": self.create_body,
                    "answers": {self.version.created: view}, "errors": (401, 403, 404, 422, 429)}  # fmt: skip
        if verb in ("put", "replace"):
            return {"method": "PUT", "transactions": Transactions.ONE, "run": getattr(self, verb),
                    "body": self.create_body, "answers": {200: view, 201: view} if created else {200: view},
                    "errors": (401, 403, 404, 422, 429), "includes": includes}  # fmt: skip
        if verb == "update":
            return {"method": update_method, "transactions": Transactions.ONE, "run": self.update,
                    "body": self.update_body, "answers": {200: view}, "errors": (401, 403, 404, 422, 429),
                    "includes": includes}  # fmt: skip
        return {"method": "DELETE", "transactions": Transactions.ONE, "run": self.delete, "answers": {204: None},
                "errors": (401, 403, 404, 409, 422, 429), "includes": includes}  # fmt: skip

    async def create(self, call: Call) -> Reply:
        """Add a row."""
        parent = self.resource.parent
        above = await parent.resource.find(call) if parent else None
        return await self._add(self._write(call, self._given(call, self._creates), parent=above))

    async def _add(self, write: Write) -> Reply:
        call, parent, by = write.call, self.resource.parent, self.resource.by
        if parent and write.parent is not None:
            write.values[str(parent.column.key)] = write.parent["id"]
        if by and call.operation.method == "PUT":
            write.values[str(by.column.key)] = self.resource.key_of(call)
        await self._rules(write)
        write.values |= {"created_at": call.now, "updated_at": call.now}
        row = await self._store(write, ("create", tuple(write.values)))
        write.id = row[0]
        return await self._answer(write, row, self.version.created if self.resource.key else 200, "created")

    async def update(self, call: Call) -> Reply:
        """Change what is given of a row."""
        return await self._change(call, await self._found(call), self._given(call, self._updates))

    async def replace(self, call: Call) -> Reply:
        """Put a whole row in the place of one that is there."""
        return await self._change(call, await self._found(call), self._given(call, self._creates, whole=True))

    async def put(self, call: Call) -> Reply:
        """Replace the row that the path names, or create it."""
        above, values = await self._alone(call), self._given(call, self._creates, whole=True)
        try:
            before = await self._found(call)
        except NotFound:
            return await self._add(self._write(call, values, parent=above))
        return await self._change(call, before, values, parent=above)

    async def _alone(self, call: Call) -> Row | None:
        """The row above, held until the end (or, without one, the table from others that come here): PUTs follow one
        another, so that none creates what is there, and what a rule found of siblings stays true."""
        if self.resource.parent:
            return await self.resource.parent.resource.find(call, lock=True)
        turn = select(func.pg_advisory_xact_lock(func.hashtext(self.resource.table.name)))
        await call.tx.run(self._statements.get("turn", lambda: turn))
        return None

    async def _found(self, call: Call) -> Row:
        """The row that the path names, held."""
        return await find(self.resource, call, None, call.tx, changing=True, lock=True)

    async def _change(self, call: Call, before: Row, values: dict[str, Any], parent: Row | None = None) -> Reply:
        write = self._write(call, values, before=before, parent=parent, id=before["id"])
        await self._rules(write)
        write.values["updated_at"] = call.now
        row = await self._store(write, ("update", tuple(write.values)))
        return await self._answer(write, row, 200, "updated")

    async def delete(self, call: Call) -> Reply:
        """Take a row away, where nothing above objects."""
        before = await self._found(call)
        write = self._write(call, {}, before=before, id=before["id"])
        await _run(self.resource.hooks.deleting, write)
        write.raise_errors()
        content = await self._content(write)
        try:
            await call.tx.run(self._statements.get("delete", self._deletion), row_id=write.id, now=call.now)
        except StillReferenced:
            raise Conflict(f"The {self.resource.title.lower()} is still in use.") from None
        await _run(self.resource.hooks.deleted, write)
        self._tell(write, "deleted", content)
        return Reply(204)

    async def _content(self, write: Write) -> Any:
        """What is to be deleted, where somebody wants to be told: afterwards nobody can say."""
        changed = self.resource.changed
        if changed is None or changed.topic not in wanted or not changed.shows_deleted:
            return UNSET
        return (await content_of(write.tx, changed.topic, [write.id])).get(write.id, UNSET)

    def _write(self, call: Call, values: dict[str, Any], **facts: Any) -> Write:
        return Write(call, call.tx, values, field_names=self.version.field_names, **facts)

    def _own(self, write: Write) -> None:
        """A partner's token writes its partner's rows; a body that names another partner was objected to."""
        partner, owner = write.call.actor.partner, self.resource.access.owner
        if isinstance(partner, int) and owner is not None:
            write.values[str(owner.key)] = partner

    def _of_its_partners(self, write: Write) -> None:
        """A token of several partners says whose row it writes."""
        partners, owner = write.call.actor.partner, self.resource.access.owner
        if isinstance(partners, list) and owner is not None and write.value_of(str(owner.key)) not in partners:
            write.add_error(camel(str(owner.key)), "It must belong to one of the partners of the token.")

    def _given(self, call: Call, decoder: msgspec.json.Decoder[Any], whole: bool = False) -> dict[str, Any]:
        """The body's fields; of one that stands for a whole row those, too, that it leaves out."""
        values = (self._unsaid if whole else {}) | provided(decode(call.raw or b"{}", decoder))
        return self.version.upgrade(values) if self.version.upgrade else values

    async def _rules(self, write: Write) -> None:
        """Give the row its shape, then let the rules object, which change nothing: their order is no matter."""
        for name, why in misfits(self.resource.table, write.values):
            field = camel(name)
            write.add_error(field, f"The {label(field)} {why}.")
        write.raise_errors()
        for place, text in (await look_up(self.resource.references, write.values, write.call, write.tx)).items():
            write.add_error(place, text)
        self._own(write)
        for name, part in self.resource.parts.items():
            if name in write.values:
                view = nested(self.resource.newest.view, name)
                write.values |= part.laid(view, write.values.pop(name), write.before)
        await _run(self.resource.hooks.updating if write.before else self.resource.hooks.creating, write)
        self._own(write)
        self._of_its_partners(write)
        values, write.values = write.values, cast("dict[str, Any]", MappingProxyType(write.values))
        await _run(self.resource.hooks.rules, write)
        write.values = values
        write.raise_errors()

    async def _store(self, write: Write, shape: tuple[str, tuple[str, ...]]) -> Any:
        statement = self._statements.get(shape, lambda: self._statement(*shape))
        try:
            values = {f"v_{name}": value for name, value in write.values.items()}
            return await write.tx.one(statement, row_id=write.id, now=write.call.now, **values)
        except (Duplicate, UnknownReference) as error:
            if error.constraint not in self.resource.conflicts:
                self._went(write, error.constraint)
                raise
            field_name, text = self.resource.conflicts[error.constraint]
            if write.call.actor.binding:  # whose row has it is none of a partner's business
                text = f"The {label(field_name)} cannot be used."
            write.add_error(field_name, text)
            write.raise_errors()

    def _went(self, write: Write, constraint: str) -> None:
        """404 where it was the parent that went meanwhile."""
        parent = self.resource.parent
        if parent and constraint == f"fk_{self.resource.table.name}_{parent.column.key}":
            raise NotFound.model(parent.resource.title, write.value_of(str(parent.column.key)))

    def _statement(self, verb: str, names: tuple[str, ...]) -> ClauseElement:
        table = self.resource.table
        values = {name: bindparam(f"v_{name}", type_=table.c[name].type) for name in names}
        if verb == "create":
            return insert(table).values(values).returning(*self.reader.columns)
        changing = update(table).values(values).where(table.c.id == bindparam("row_id"))
        return changing.returning(*self.reader.columns)

    def _deletion(self) -> ClauseElement:
        table = self.resource.table
        gone = delete(table)
        if "deleted_at" in table.c:
            gone = update(table).values(deleted_at=bindparam("now"), updated_at=bindparam("now"))
        return gone.where(table.c.id == bindparam("row_id"))

    async def _answer(self, write: Write, row: Any, status: int, action: Action) -> Reply:
        hooks = self.resource.hooks.updated if write.before else self.resource.hooks.created
        await _run(hooks, write)
        self._tell(write, action)
        context = write.call.context
        includes = self.reader.asked(context)
        if hooks:  # which may have changed more of it
            answer = await self.reader.one(write.call, write.id, includes)
        else:
            answer = (await self.reader.present(write.tx, [row], includes, context))[0]
        return Reply.of(status, wrapped(answer, write.call))

    def _tell(self, write: Write, action: Action, content: Any = UNSET) -> None:
        write.call.changes = {"id": write.id, "fields": sorted(name for name in write.values if name != "updated_at")}
        if self.resource.changed:
            write.tx.tell(self.resource.changed(id=write.id, action=action, content=content))


def _default(field: Field) -> Any:
    """The value of a field that a whole row leaves out."""
    if field.default_factory is not NODEFAULT:
        return field.default_factory()
    return None if field.default in (NODEFAULT, UNSET) else field.default


async def _run(hooks: list[Hook], write: Write) -> None:
    for hook in hooks:
        await hook(write)
