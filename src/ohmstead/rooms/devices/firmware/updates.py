"""Firmware updates: a charge point is told to fetch a file and install it, and says how far it is."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import UNSET, Meta
from sqlalchemy import BigInteger, Column, ForeignKey, Index, Text, bindparam, insert, or_, select, update

from ohmstead.kit.access import PARTNERS
from ohmstead.kit.db import Row, Statement, Tx, table, timestamp
from ohmstead.kit.errors import Invalid, Rejected
from ohmstead.kit.groups import Group
from ohmstead.kit.operations import Call, Transactions
from ohmstead.kit.validation import label
from ohmstead.kit.views import Opt, View, aware
from ohmstead.rooms.devices.commands.actions import ask, whole_station
from ohmstead.rooms.devices.durable_facts import FirmwareStatusChanged
from ohmstead.rooms.devices.facts import FirmwareStatus
from ohmstead.rooms.devices.firmware.versions import file_url, firmware_versions
from ohmstead.rooms.devices.stations import UpdateFirmware

actions = Group("action / charge point", "actions/charge-point/", "charge-points", access=PARTNERS)

firmware_update = table(
    "firmware_update",
    Column("charge_point_id", BigInteger, ForeignKey("charge_point.id"), nullable=False),
    Column("firmware_version_id", BigInteger, ForeignKey("firmware_version.id", ondelete="SET NULL")),
    Column("url", Text),  # None: that of the version
    timestamp("retrieve_at", nullable=False),
    Column("status", Text, nullable=False),  # Requested or Refused, then the station's own word
    Column("detail", Text),
    Index(None, "charge_point_id", "id"),
)

_own = firmware_update.c
_number = bindparam("number", type_=BigInteger)
_NAMES = ("charge_point_id", "firmware_version_id", "url", "retrieve_at", "created_at", "updated_at")
_NEW = Statement(
    insert(firmware_update)
    .values({name: bindparam(name) for name in _NAMES})
    .values(status="Requested")
    .returning(_own.id)
)
_REFUSED = Statement(
    update(firmware_update)
    .where(_own.id == _number)
    .values(status="Refused", detail=bindparam("detail"), updated_at=bindparam("updated_at"))
)
_meant = (
    select(_own.id)
    .where(
        _own.charge_point_id == bindparam("station", type_=BigInteger),
        or_(_number.is_(None), _own.id == _number),
        _own.status != "Refused",
    )
    .order_by(_own.id.desc())
    .limit(1)
    .scalar_subquery()
)
_SAID = Statement(
    update(firmware_update)
    .where(
        _own.id == _meant, bindparam("status", type_=Text) != "Idle"
    )  # which says how the station is, not the update
    .values(status=bindparam("status"), updated_at=bindparam("updated_at"))
    .returning(_own.id, _own.firmware_version_id)
)


class Update(View):
    url: Opt[Annotated[str, Meta(min_length=1, max_length=512, description="Where to fetch the file.")]] = UNSET
    firmware_version_id: Opt[Annotated[int, Meta(description="A version of ours, instead of a URL.")]] = UNSET
    retrieve_after: Opt[Annotated[datetime, Meta(description="Not before then; now where left out.")]] = UNSET
    retries: Opt[Annotated[int, Meta(ge=0, le=10)]] = UNSET
    interval: Opt[Annotated[int, Meta(ge=0, le=3600, description="Seconds between attempts.")]] = UNSET
    signed: Annotated[bool, Meta(description="Have the charge point check the file's signature.")]
    signing_certificate: Opt[Annotated[str, Meta(max_length=5500)]] = UNSET
    signature: Opt[Annotated[str, Meta(max_length=800)]] = UNSET
    download_url_protocol: Opt[
        Annotated[Literal["http", "https"], Meta(description="How a version of ours is fetched.")]
    ] = UNSET


@actions.post("v2.0/{chargePoint}/update-firmware", "Charge Point / Update Firmware", body=Update,
              references={"firmware_version_id": firmware_versions},
              errors=(401, 403, 404, 406, 422, 429), transactions=Transactions.MANUAL)  # fmt: skip
async def update_firmware(call: Call, wanted: Update) -> None:
    """Have the charge point fetch firmware and install it. A signed update takes certificate and signature from the
    body, or those of the version; a version that has them is always sent signed."""
    async with call.begin() as tx:
        station = await whole_station(call, tx, "firmwareUpdate")
        version = _version(call, wanted)
        certificate, signature = _proof(wanted, version)
        retrieve_at = tx.now if wanted.retrieve_after is UNSET else aware(wanted.retrieve_after)
        given_url = None if wanted.url is UNSET else wanted.url
        number = await tx.value(
            _NEW, charge_point_id=station, firmware_version_id=version and version["id"], url=given_url,
            retrieve_at=retrieve_at, created_at=tx.now, updated_at=tx.now,
        )  # fmt: skip
    command = UpdateFirmware(
        request_id=number,
        url=given_url or _url(call, version, wanted),
        retrieve_at=retrieve_at,
        retries=None if wanted.retries is UNSET else wanted.retries,
        retry_interval_s=None if wanted.interval is UNSET else wanted.interval,
        signing_certificate=certificate,
        signature=signature,
    )
    try:
        await ask(station, command)
    except Rejected as refused:
        async with call.begin() as tx:
            await tx.run(_REFUSED, number=number, detail=str(refused), updated_at=tx.now)
        raise


async def firmware_status(tx: Tx, fact: FirmwareStatus) -> None:
    """A charge point says how far an update is. Without a request's number it is the latest; one that nobody asked
    for here is told all the same."""
    row = await tx.one(
        _SAID, station=fact.charge_point_id, number=fact.request_id, status=fact.status, updated_at=tx.now
    )
    request_id, version_id = (row["id"], row["firmware_version_id"]) if row else (None, None)
    tx.tell(
        FirmwareStatusChanged(
            id=fact.charge_point_id, status=fact.status, request_id=request_id, firmware_version_id=version_id
        )
    )


def _version(call: Call, wanted: Update) -> Row | None:
    """The version the body names; an objection where it names both that and a URL, or neither, or no file."""
    if (wanted.url is UNSET) == (wanted.firmware_version_id is UNSET):
        raise Invalid(url="Give either the url or the firmware version id.")
    if wanted.firmware_version_id is UNSET:
        return None
    row: Row = call.referred["firmware_version_id"]
    if row["file_name"] is None:
        raise Invalid(firmwareVersionId="The selected firmware version id is invalid.")
    return row


def _proof(wanted: Update, version: Row | None) -> tuple[str | None, str | None]:
    """Certificate and signature, both or none: those of the body, else the version's."""
    kept = version or {"signing_certificate": None, "signature": None}
    found: dict[str, str | None] = {
        "signingCertificate": wanted.signing_certificate or kept["signing_certificate"],
        "signature": wanted.signature or kept["signature"],
    }
    missing = [name for name, value in found.items() if not value]
    if wanted.signed and missing:
        raise Invalid.of({name: [f"The {label(name)} field is required when signed is true."] for name in missing})
    if not wanted.signed and not (kept["signature"] and kept["signing_certificate"]):
        return None, None
    return found["signingCertificate"], found["signature"]


def _url(call: Call, version: Row | None, wanted: Update) -> str:
    assert version is not None
    url = file_url(version, call.url)
    return url if wanted.download_url_protocol is UNSET else f"{wanted.download_url_protocol}:{url.partition(':')[2]}"
