"""The resource of charge point models, under its name and its older one."""

from datetime import timedelta
from typing import Annotated

from msgspec import UNSET, Meta
from sqlalchemy import ARRAY, BigInteger, Column, ForeignKey, Index, Text, any_, bindparam, func, select, update
from sqlalchemy.dialects.postgresql import JSONB

from ohmstead.kit.access import SHARED
from ohmstead.kit.db import Statement, Tx, table
from ohmstead.kit.errors import Conflict
from ohmstead.kit.filters import equals
from ohmstead.kit.operations import RenderContext
from ohmstead.kit.paging import Pages
from ohmstead.kit.resources import Resource
from ohmstead.kit.versions import Include, Version
from ohmstead.kit.views import HttpUrl, Id, Link, Opt, ReadOnly, View
from ohmstead.kit.writes import Write
from ohmstead.rooms.network.durable_facts import ChargePointModelChanged, ModelQuirksChanged
from ohmstead.rooms.network.models.quirks import Quirks, kept, objections
from ohmstead.rooms.network.models.vendors import vendors
from ohmstead.rooms.operator.files import files

charge_point_model = table(
    "charge_point_model",
    Column("name", Text, nullable=False),
    Column("vendor_id", BigInteger, ForeignKey("charge_point_vendor.id"), nullable=False, index=True),
    Column("user_manual", Text),
    Column("installer_manual", Text),
    Column("photo_name", Text),  # None: there is no photo
    Column("quirks", JSONB),  # as the API shows them
)
Index("ix_charge_point_model_reported", func.lower(charge_point_model.c.name))  # found by what a station says

_own = charge_point_model.c
_key = bindparam("key", type_=BigInteger)
_OF_VENDOR = Statement(select(_own.id).where(_own.vendor_id == _key).limit(1))

_PHOTOS = Statement(
    select(_own.id, _own.photo_name).where(
        _own.id == any_(bindparam("ids", type_=ARRAY(BigInteger))), _own.photo_name.is_not(None)
    )
)
_PHOTO = Statement(select(_own.photo_name).where(_own.id == _key))
_SET_PHOTO = Statement(
    update(charge_point_model).where(_own.id == _key).values(photo_name=bindparam("name"), updated_at=bindparam("now"))
)
PHOTO_LASTS = timedelta(hours=24)
_PHOTO_TYPES = {".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".png": "image/png", ".webp": "image/webp"}

Photo = Annotated[Link, Meta(description="Where to fetch its photo, for a day.")]
UserManual = Annotated[HttpUrl, Meta(description="Where owners of a personal charge point fetch its manual.")]
InstallerManual = Annotated[HttpUrl, Meta(description="Where installers read its manual; only the address is kept.")]
ItsQuirks = Annotated[
    Quirks, Meta(description="How its charge points differ from the standard. Given, it replaces all that was set.")
]


async def _photos(tx: Tx, ids: list[int], context: RenderContext) -> dict[int, str]:
    """Where the photos of models are, of those that have one."""
    named = await tx.all(_PHOTOS, ids=ids)
    return {key: files.current.url("photos", key, PHOTO_LASTS, context.base_url, name) for key, name in named}


_includes = (Include("defaultPhoto", _photos, always=True),)


class Model(View):
    id: Id
    name: Annotated[str, Meta(min_length=1, max_length=255, description="As its charge points report it.")]
    vendor_id: int
    default_photo: ReadOnly[Photo | None]
    user_manual: UserManual | None = None
    installer_manual: Opt[InstallerManual] = UNSET
    quirks: ItsQuirks | None = None


class ModelChange(Model):
    """What may be changed, and by null taken away."""

    installer_manual: Opt[InstallerManual | None] = UNSET


models = Resource(
    "charge-point-models",
    charge_point_model,
    tag="resource / charge point models",
    title="Charge Point Model",
    key="modelId",
    access=SHARED,
    versions=[Version("v1.0", Model, pages=Pages.EITHER, create_view=ModelChange, update_view=ModelChange)],
    filters=[equals("vendorId", _own.vendor_id, int)],
    includes=_includes,
    changed=ChargePointModelChanged,
    references={"vendor_id": vendors},
)
cp_models = Resource(  # the same under its older name
    "cp-models",
    charge_point_model,
    tag=models.tag,
    title=models.title,
    key=models.key,
    access=models.access,
    versions=[
        Version("v1.0", Model, pages=Pages.NUMBER, deprecated=True, create_view=ModelChange, update_view=ModelChange)
    ],
    filters=models.filters,
    includes=_includes,
    changed=models.changed,
    references=models.references,
    hooks=models.hooks,
)


@models.writing
async def quirks_make_sense(write: Write) -> None:
    given = write.values.get("quirks")
    if isinstance(given, Quirks):
        for field, text in objections(given):
            write.add_error(f"quirks.{field}", text)
        write.values["quirks"] = kept(given)
    if write.before is not None and write.value_of("quirks") != write.before["quirks"]:
        write.tx.tell(ModelQuirksChanged(id=write.id))


@vendors.deleting
async def no_model_is_its_own(write: Write) -> None:
    if await write.tx.value(_OF_VENDOR, key=write.id) is not None:
        raise Conflict("Models still belong to the vendor.")


async def photo_of(tx: Tx, number: int) -> str | None:
    """What the photo of a model is called; None where there is none."""
    return await tx.value(_PHOTO, key=number)


def photo_type(name: str) -> str | None:
    """The media type of a photo by what it is called; None for what is no photo."""
    return next((kind for ending, kind in _PHOTO_TYPES.items() if name.lower().endswith(ending)), None)


async def set_photo(tx: Tx, number: int, name: str) -> bool:
    """A model has a photo of this name, stored beside with `files`. False: no such model."""
    return bool(await tx.run(_SET_PHOTO, key=number, name=name, now=tx.now))
