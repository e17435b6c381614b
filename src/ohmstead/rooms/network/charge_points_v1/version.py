"""Version 1.0 of the resource of charge points: its filters, its includes, and what it writes otherwise."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy import BigInteger, Text, cast, select

from ohmstead.kit.db import Tx
from ohmstead.kit.filters import Filter, by_name
from ohmstead.kit.operations import RenderContext
from ohmstead.kit.paging import Pages
from ohmstead.kit.validation import label
from ohmstead.kit.versions import Include, Version
from ohmstead.kit.writes import Write
from ohmstead.rooms.network.charge_point_templates import templates
from ohmstead.rooms.network.charge_points import charge_point, charge_points
from ohmstead.rooms.network.charge_points.resource import column_include
from ohmstead.rooms.network.charge_points_v1.evses import shown_with
from ohmstead.rooms.network.charge_points_v1.view import ChangeV1, ChargePointV1, CreationV1
from ohmstead.rooms.network.charge_points_v1.words import OLDER_CAPABILITIES, WORDS, downgrade, upgrade
from ohmstead.rooms.network.downtime import operational_since
from ohmstead.rooms.network.evses import evse

_own = charge_point.c
_newest = by_name(charge_points.filters)
_RENAMED = {
    "networkId": "chargePointNetworkId",
    "bootNotificationSerialNumber": "chargePointBootNotificationSerialNumber",
    "type": "accessType",
}
_SAME = (
    "desiredSecurityProfileStatus", "evsePhysicalReference", "userId", "partnerId", "subOperatorId", "roaming", "name",
    "locationId", "managedByOperator", "externalId", "tag",
)  # fmt: skip
_NEEDED = {"name": "name", "network_id": "network.id", "status": "status"}  # of one that is made from a template
_EVSES = select(evse.c.id).where(evse.c.charge_point_id == _own.id, evse.c.deleted_at.is_(None))


async def _since(tx: Tx, ids: list[int], context: RenderContext) -> dict[int, datetime]:
    return await operational_since(tx, ids)


charge_points.versions.append(
    Version(
        "v1.0",
        ChargePointV1,
        pages=Pages.EITHER,
        upgrade=upgrade,
        downgrade=downgrade,
        deprecated=True,
        create_view=CreationV1,
        update_view=ChangeV1,
        field_names=WORDS,
        unwrapped=("update",),
        filters=(
            *(_newest[name] for name in _SAME),
            *(replace(_newest[name], name=older) for name, older in _RENAMED.items()),
            Filter("physicalReference", str, lambda text: cast(_own.id, Text) == text, Text(), "Its id."),
            Filter("evseId", int, lambda key: _EVSES.where(evse.c.id == key).exists(), BigInteger()),
            Filter("evseExternalId", str, lambda text: _EVSES.where(evse.c.external_id == text).exists(), Text()),
        ),
        includes=(
            Include("evses", shown_with, always=True, empty=[]),
            Include("operationalSince", _since, always=True),
            replace(column_include("lastBootNotification", _own.last_boot_notification), always=True),
            replace(column_include("chargingProfile", _own.charging_profile), always=True),
        ),
    )
)
charge_points.refer(template_id=templates)


@charge_points.creating
async def one_from_a_template_says_what_it_is(write: Write) -> None:
    """Which the published document asks of version 1.0, in a way that its schema of a body does not show."""
    if write.values.pop("template_id", None) is not None:
        for name, field in _NEEDED.items():
            if name not in write.values:
                write.add_error(field, f"The {label(WORDS.get(field, field))} field is required.")


@charge_points.writing
async def capabilities_it_has_no_word_for_stay(write: Write) -> None:
    """Those that version 1.0 names are as it says."""
    named: list[str] | None = write.values.pop("older_capabilities", None)
    if named is not None:
        before: list[str] = write.before["capabilities"] if write.before is not None else []
        others = [word for word in before if word not in OLDER_CAPABILITIES]
        write.values["capabilities"] = list(dict.fromkeys([*named, *others]))
