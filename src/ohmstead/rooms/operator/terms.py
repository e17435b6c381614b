"""Terms and policies: documents that users agree to, in versions of which one is in force. The API reads the versions;
those who run the system write documents and versions, below `internal`. What has come into force stays as it was."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta
from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Text,
    UniqueConstraint,
    any_,
    bindparam,
    case,
    func,
    literal_column,
    select,
)
from sqlalchemy.dialects.postgresql import JSONB

from ohmstead.kit.access import INHERITED, OPERATOR, SHARED
from ohmstead.kit.db import Statement, Tx, table, timestamp
from ohmstead.kit.errors import Conflict
from ohmstead.kit.filters import equals
from ohmstead.kit.operations import RenderContext
from ohmstead.kit.paging import Pages
from ohmstead.kit.reading import NOW
from ohmstead.kit.resources import Parent, Resource
from ohmstead.kit.versions import Include, Version
from ohmstead.kit.views import Id, Opt, ReadOnly, Translations, View, camel
from ohmstead.kit.writes import Write

term_document = table(
    "term_document",
    Column("title", JSONB),
    Column("subtitle", JSONB),
    Column("consent_text", JSONB, nullable=False),
    Column("term_type", Text, nullable=False),
    Column("consent_required", Boolean, nullable=False),
    Column("consent_collection", Text, nullable=False),
    Column("consent_checkbox_default_state", Boolean, nullable=False),
    Column("show_on_signup", Boolean),
)
term_version = table(
    "term_version",
    Column("document_id", ForeignKey(term_document.c.id), nullable=False),
    timestamp("valid_from", nullable=False),  # whole seconds
    Column("summary", JSONB),
    Column("content", JSONB, nullable=False),
    UniqueConstraint("document_id", "valid_from"),
)
_own, _next = term_version.c, term_version.alias("next_version")

TermType = Annotated[
    Literal["marketing", "signup", "subscription", "top-up"], Meta(description="What users agree to it for.")
]


class TermDocument(View):
    id: Id
    title: Opt[Translations] = UNSET
    subtitle: Opt[Translations] = UNSET
    consent_text: Annotated[Translations, Meta(description="What a user reads beside the box to tick.")]
    term_type: ReadOnly[TermType]
    consent_required: Annotated[bool, Meta(description="Whether nothing goes without the user's consent.")]
    consent_collection: Annotated[
        Literal["explicit", "automatic"], Meta(description="automatic: whoever uses the service has consented.")
    ]
    consent_checkbox_default_state: Annotated[bool, Meta(description="Whether the box is ticked already.")]
    show_on_signup: Opt[Annotated[bool, Meta(description="Whether sign-up asks for it; marketing terms only.")]] = UNSET


class NewDocument(TermDocument):
    """Its type is said once."""

    term_type: TermType


class TermVersion(View):
    id: Id
    valid_from: datetime
    summary: Translations | None = None
    content: Translations
    status: ReadOnly[Literal["future", "active", "past"]]
    last_updated_at: ReadOnly[datetime]


class ListedVersion(TermVersion):
    document: TermDocument


# The row itself by its text, for in what an INSERT returns nothing is correlated.
_document, _beginning = (
    literal_column(f"{term_version.name}.{one.name}", one.type) for one in (_own.document_id, _own.valid_from)
)
_replaced = (
    select(_next.c.id)
    .where(_next.c.document_id == _document, _next.c.valid_from > _beginning, _next.c.valid_from <= NOW)
    .exists()
)
_COLUMNS = {"status": case((_own.valid_from > NOW, "future"), (_replaced, "past"), else_="active")}
_DOCUMENTS = Statement(
    select(term_document, _own.id.label("version_id"))
    .join(term_version, _own.document_id == term_document.c.id)
    .where(_own.id == any_(bindparam("wanted", type_=ARRAY(BigInteger))))
)
_LAST_BEGUN = Statement(
    select(func.max(_own.valid_from)).where(
        _own.document_id == bindparam("document", type_=BigInteger), _own.valid_from <= NOW
    )
)


async def _documents_of(tx: Tx, ids: list[int], context: RenderContext) -> Mapping[int, Any]:
    """Of each version its document, without what nobody said of it."""
    rows = await tx.all(_DOCUMENTS, wanted=ids)
    shown = {name: camel(name) for name in TermDocument.__struct_fields__}
    return {
        row["version_id"]: {word: row[name] for name, word in shown.items() if row[name] is not None} for row in rows
    }


terms = Resource(
    "terms-and-policies",
    term_version,
    tag="resource / terms and policies",
    title="Terms and policies",
    key="termVersion",
    access=SHARED,
    versions=[Version("v2.0", ListedVersion, pages=Pages.EITHER, verbs=("list", "read"), unwrapped=("read",))],
    columns=_COLUMNS,
    includes=(Include("document", _documents_of, always=True),),
    filters=[
        equals("documentId", _own.document_id, int),
        equals("validFrom", _own.valid_from, datetime, "From exactly this moment on."),
    ],
)
documents = Resource(
    "term-documents",
    term_document,
    tag=terms.tag,
    title="Term document",
    key="termDocument",
    access=OPERATOR,
    versions=[Version("v1.0", TermDocument, create_view=NewDocument, update_view=TermDocument, internal=True)],
)
versions = Resource(
    "versions",
    term_version,
    tag=terms.tag,
    title="Term version",
    key="termVersion",
    access=INHERITED,
    parent=Parent(documents, _own.document_id),
    versions=[Version("v1.0", TermVersion, internal=True)],
    columns=_COLUMNS,
    conflicts={"uq_term_version_document_id_valid_from": ("validFrom", "Another version is valid from then on.")},
)


@documents.rule
async def only_marketing_is_asked_for_at_will(write: Write) -> None:
    if write.value_of("show_on_signup") and write.value_of("term_type") != "marketing":
        write.add_error("showOnSignup", "Only marketing terms are shown on sign-up or not.")


@versions.writing
async def it_begins_on_a_second(write: Write) -> None:
    if "valid_from" in write.values:
        write.values["valid_from"] = write.values["valid_from"].replace(microsecond=0)


@versions.rule
async def what_was_in_force_stays(write: Write) -> None:
    """Users agreed to it: neither it nor the order of what came when can change afterwards."""
    if _begun(write):
        for name in write.values:
            write.add_error(camel(name), "The version has come into force, and stays as it is.")
    elif "valid_from" in write.values:
        last = await write.tx.value(_LAST_BEGUN, document=write.value_of("document_id"), now=write.tx.now)
        if last is not None and write.values["valid_from"] < last:
            write.add_error("validFrom", "The version must begin after the one that is in force.")


@versions.deleting
async def what_was_in_force_is_kept(write: Write) -> None:
    if _begun(write):
        raise Conflict("The version has come into force, and stays.")


def _begun(write: Write) -> bool:
    return write.before is not None and write.before["valid_from"] <= write.tx.now
