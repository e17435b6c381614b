"""Firmware versions: files of a vendor for some of its models, served by URLs that last a day."""

from datetime import datetime, timedelta
from typing import Annotated, Any

from msgspec import UNSET, Meta
from sqlalchemy import (
    ARRAY,
    BigInteger,
    Column,
    ForeignKey,
    Text,
    UniqueConstraint,
    any_,
    bindparam,
    func,
    insert,
    select,
)

from ohmstead.kit.access import SHARED
from ohmstead.kit.db import Row, Statement, Tx, table
from ohmstead.kit.errors import Conflict
from ohmstead.kit.filters import Filter, in_list, selected_filters
from ohmstead.kit.groups import Group
from ohmstead.kit.operations import Call, RenderContext
from ohmstead.kit.paging import Listing, Pages
from ohmstead.kit.resources import Resource
from ohmstead.kit.versions import Include, Version
from ohmstead.kit.views import Id, Link, Opt, ReadOnly, View
from ohmstead.kit.writes import Write
from ohmstead.rooms.network.models import charge_point_model, models
from ohmstead.rooms.network.models.vendors import charge_point_vendor, vendors
from ohmstead.rooms.operator.files import files

DOWNLOAD_LASTS = timedelta(hours=24)

firmware_version = table(
    "firmware_version",
    Column("firmware_version", Text, nullable=False),
    Column("details", Text),
    Column("charge_point_vendor_id", BigInteger, nullable=False, index=True),
    Column("file_name", Text),  # None: there is no file, only the record of a version
    Column("signing_certificate", Text),
    Column("signature", Text),
)
firmware_version_model = table(
    "firmware_version_model",
    Column("firmware_version_id", BigInteger, ForeignKey("firmware_version.id", ondelete="CASCADE"), nullable=False),
    Column("model_id", BigInteger, nullable=False, index=True),
    UniqueConstraint("firmware_version_id", "model_id", name="uq_firmware_version_model"),
)

_own, _link = firmware_version.c, firmware_version_model.c
_ids = bindparam("ids", type_=ARRAY(BigInteger))
_NAMED = Statement(select(_own.id, _own.file_name).where(_own.id == any_(_ids), _own.file_name.is_not(None)))
_NAME = Statement(select(_own.file_name).where(_own.id == bindparam("number", type_=BigInteger)))
_MODELS = Statement(
    select(_link.firmware_version_id, func.array_agg(_link.model_id))
    .where(_link.firmware_version_id == any_(_ids))
    .group_by(_link.firmware_version_id)
)
_ATTACHED = Listing(select(_link.model_id).where(_link.firmware_version_id == bindparam("version", type_=BigInteger)))
_key = bindparam("key", type_=BigInteger)
_OF_MODEL = Statement(select(_link.id).where(_link.model_id == _key).limit(1))
_OF_VENDOR = Statement(select(_own.id).where(_own.charge_point_vendor_id == _key).limit(1))
_KNOWN = Statement(
    select(charge_point_vendor.c.id, func.array_agg(charge_point_model.c.id))
    .outerjoin(charge_point_model, charge_point_model.c.vendor_id == charge_point_vendor.c.id)
    .where(charge_point_vendor.c.id == _key)
    .group_by(charge_point_vendor.c.id)
)


class NoSuchModel(LookupError):
    """A firmware version names a vendor or a model that is not there."""


class FirmwareVersion(View):
    id: Id
    firmware_version: Annotated[str, Meta(min_length=1, max_length=255)]
    details: Opt[str] = UNSET
    charge_point_vendor_id: int
    file_url: Opt[Annotated[Link, Meta(description="Where to fetch the file, for a day.")]] = UNSET
    signing_certificate: Opt[str] = UNSET
    signature: Opt[str] = UNSET
    models: ReadOnly[Opt[list[int]]] = UNSET
    created_at: ReadOnly[datetime]
    updated_at: ReadOnly[datetime]


async def _urls(tx: Tx, ids: list[int], context: RenderContext) -> dict[int, Any]:
    return {row["id"]: file_url(row, context.base_url) for row in await tx.all(_NAMED, ids=ids)}


async def _models(tx: Tx, ids: list[int], context: RenderContext) -> dict[int, Any]:
    return {row[0]: sorted(row[1]) for row in await tx.all(_MODELS, ids=ids)}


def file_url(version: Row, reached_at: str) -> str:
    """Where whoever is told may fetch the file of a version, for a day."""
    return files.current.url("firmware", version["id"], DOWNLOAD_LASTS, reached_at, version["file_name"])


def _of_models(wanted: Any) -> Any:
    return _own.id.in_(select(_link.firmware_version_id).where(_link.model_id == any_(wanted)))


firmware_versions = Resource(
    "firmware-versions",
    firmware_version,
    tag="resource / firmware versions",
    title="Firmware Version",
    key="firmwareVersion",
    access=SHARED,
    versions=[Version("v1.0", FirmwareVersion, verbs=("list", "read"))],
    includes=(
        Include("fileUrl", _urls, always=True, empty=UNSET),
        Include("models", _models, empty=[]),
    ),
    filters=[
        in_list("vendorId", _own.charge_point_vendor_id, int),
        Filter("modelId", list[int], _of_models, ARRAY(BigInteger)),
        Filter("firmwareVersion", str, lambda text: func.starts_with(_own.firmware_version, text), Text(),
               "The version, or how it begins."),
    ],
)  # fmt: skip


attached = Group("resource / firmware versions", "resources/firmware-versions/", "firmware-versions", access=SHARED)


@attached.get(
    "v1.0/{firmwareVersion}/attached-models",
    "Firmware Version / Attached Models",
    gives=int,
    pages=Pages.CURSOR,
)
async def attached_models(call: Call) -> dict[str, Any]:
    """The ids of the models the version is for."""
    version = await firmware_versions.find(call)
    selected_filters({}, call.query.filters)  # it has none
    rows, around = await _ATTACHED.page(call.tx, call.url, call.query, version=version["id"])
    return {"data": [row[0] for row in rows]} | around


@models.deleting
async def no_firmware_is_for_it(write: Write) -> None:
    if await write.tx.value(_OF_MODEL, key=write.id) is not None:
        raise Conflict("Firmware versions are for the model.")


@vendors.deleting
async def no_firmware_is_its_own(write: Write) -> None:
    if await write.tx.value(_OF_VENDOR, key=write.id) is not None:
        raise Conflict("Firmware versions belong to the vendor.")


async def firmware_file(tx: Tx, number: int) -> str | None:
    """What the file of a version is called; None where there is none."""
    return await tx.value(_NAME, number=number)


async def add_firmware(
    tx: Tx,
    version: str,
    vendor_id: int,
    file_name: str,
    model_ids: list[int],
    details: str | None = None,
    signing_certificate: str | None = None,
    signature: str | None = None,
) -> int:
    """Record a version; its number. Its file is stored beside: `files.current.store("firmware", number, …)`. Raises
    `NoSuchModel` where the vendor is none of ours, or a model none of the vendor's."""
    known = await tx.one(_KNOWN, key=vendor_id)
    if known is None:
        raise NoSuchModel(f"there is no vendor {vendor_id}")
    if strange := set(model_ids).difference(known[1]):
        raise NoSuchModel(f"vendor {vendor_id} has no model {min(strange)}")
    number = await tx.value(
        insert(firmware_version)
        .values(
            firmware_version=version, charge_point_vendor_id=vendor_id, file_name=file_name, details=details,
            signing_certificate=signing_certificate, signature=signature, created_at=tx.now, updated_at=tx.now,
        )
        .returning(_own.id)
    )  # fmt: skip
    for model in model_ids:
        await tx.run(
            insert(firmware_version_model).values(
                firmware_version_id=number, model_id=model, created_at=tx.now, updated_at=tx.now
            )
        )
    return number
