"""Writing: create, update and delete of a version: parse, upgrade, rules, row, facts, answer."""

from typing import Any

import msgspec
from sqlalchemy import bindparam, delete, insert, update
from sqlalchemy.sql import ClauseElement

from ohmstead.kit.bounds import misfits
from ohmstead.kit.db import Duplicate, ForeignKeyViolation, Statements
from ohmstead.kit.errors import Conflict, NotFound
from ohmstead.kit.facts import Action
from ohmstead.kit.operations import Call, Reply, Transactions
from ohmstead.kit.reading import Reader
from ohmstead.kit.resources import Resource, find
from ohmstead.kit.validation import decode, label
from ohmstead.kit.versions import Version
from ohmstead.kit.views import camel, creates, provided, updates
from ohmstead.kit.writes import Write


class Writer:
    """Creates, updates and deletes one version of a resource."""

    def __init__(self, resource: Resource, version: Version, reader: Reader) -> None:
        self.resource, self.version, self.reader = resource, version, reader
        self.create_body = creates(version.create_view or version.view)
        self.update_body = updates(
            version.update_view or version.create_view or version.view, version.required_on_update
        )
        self._creates = msgspec.json.Decoder(self.create_body)
        self._updates = msgspec.json.Decoder(self.update_body)
        self._statements = Statements()

    def operation_fields(self, verb: str) -> dict[str, Any]:
        """What an Operation of create, update or delete is made of."""
        view, includes = self.version.view, self.reader.named_includes()
        update_method = "PUT" if self.version.updates_by_put else "PATCH"
        if verb == "create":
            return {"method": "POST", "transactions": Transactions.ONE, "run": self.create, "body": self.create_body,
                    "answers": {201: view}, "errors": (401, 403, 404, 422, 429)}  # fmt: skip
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
        write = self._write("create", call, self._given(call, self._creates), parent=above)
        if parent and above is not None:
            write.values[str(parent.column.key)] = above["id"]
        await self._rules(write)
        write.values |= {"created_at": call.now, "updated_at": call.now}
        row = await self._store(write, ("create", tuple(write.values)))
        write.id = row[0]
        return await self._answer(write, row, 201, "created")

    async def update(self, call: Call) -> Reply:
        """Change what is given of a row."""
        key = call.key(self.version.key or self.resource.key)
        before = await find(self.resource, call, key, call.tx, changing=True, lock=True)
        write = self._write("update", call, self._given(call, self._updates), before=before, id=before["id"])
        await self._rules(write)
        write.values["updated_at"] = call.now
        row = await self._store(write, ("update", tuple(write.values)))
        return await self._answer(write, row, 200, "updated")

    async def delete(self, call: Call) -> Reply:
        """Take a row away, where nothing above objects."""
        key = call.key(self.version.key or self.resource.key)
        before = await find(self.resource, call, key, call.tx, changing=True, lock=True)
        write = self._write("delete", call, {}, before=before, id=before["id"])
        await self.resource.may_delete(write)
        write.raise_errors()
        for after in self.resource.afters:
            await after(write)
        try:
            await call.tx.run(self._statements.get("delete", self._deletion), row_id=write.id, now=call.now)
        except ForeignKeyViolation:
            raise Conflict(f"The {self.resource.title.lower()} is still in use.") from None
        self._tell(write, "deleted")
        return Reply(204)

    def _write(self, verb: str, call: Call, values: dict[str, Any], **facts: Any) -> Write:
        return Write(verb, call, call.tx, values, field_names=self.version.field_names, **facts)

    def _own(self, write: Write) -> None:
        """A partner's token writes its partner's rows, whatever the body says."""
        partner, owner = write.call.actor.partner_id, self.resource.access.owner
        if partner is not None and owner is not None:
            write.values[str(owner.key)] = partner

    def _given(self, call: Call, decoder: msgspec.json.Decoder[Any]) -> dict[str, Any]:
        values = provided(decode(call.raw or b"{}", decoder))
        return self.version.upgrade(values) if self.version.upgrade else values

    async def _rules(self, write: Write) -> None:
        for name, why in misfits(self.resource.table, write.values):
            field = camel(name)
            write.add_error(field, f"The {label(field)} {why}.")
        write.raise_errors()
        self._own(write)
        for rule in self.resource.rules:
            await rule(write)
        self._own(write)
        write.raise_errors()

    async def _store(self, write: Write, shape: tuple[str, tuple[str, ...]]) -> Any:
        statement = self._statements.get(shape, lambda: self._statement(*shape))
        try:
            values = {f"v_{name}": value for name, value in write.values.items()}
            return await write.tx.one(statement, row_id=write.id, now=write.call.now, **values)
        except (Duplicate, ForeignKeyViolation) as error:
            if error.constraint not in self.resource.conflicts:
                self._went(write, error.constraint)
                raise
            field_name, text = self.resource.conflicts[error.constraint]
            if write.call.actor.partner_id is not None:  # whose row has it is none of a partner's business
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
        for after in self.resource.afters:
            await after(write)
        self._tell(write, action)
        context = write.call.context
        includes = self.reader.asked(context)
        if self.resource.afters:
            answer = await self.reader.one(write.call, write.id, includes)
        else:
            answer = (await self.reader.present(write.tx, [row], includes, context))[0]
        return Reply.of(status, self.version.wrapped(write.verb, answer))

    def _tell(self, write: Write, action: Action) -> None:
        write.call.changes = {"id": write.id, "fields": sorted(name for name in write.values if name != "updated_at")}
        if self.resource.changed:
            write.tx.tell(self.resource.changed(id=write.id, action=action))
