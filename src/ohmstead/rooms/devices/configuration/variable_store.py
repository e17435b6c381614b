"""Keeping variables: what a charge point told of them, or accepted, becomes rows."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ARRAY, BigInteger, Boolean, Integer, Text, any_, bindparam, case, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from ohmstead.kit.db import Statement, Tx
from ohmstead.rooms.devices.configuration.learned_capabilities import learn
from ohmstead.rooms.devices.configuration.standard import PASSWORDS, REQUIRED
from ohmstead.rooms.devices.configuration.table import configuration_variable
from ohmstead.rooms.devices.durable_facts import ConfigurationChanged
from ohmstead.rooms.devices.stations import ChangeConfiguration, Outcome, Setting
from ohmstead.rooms.network.charge_points import charge_point
from ohmstead.rooms.network.charge_points.passwords import hashed

_own = configuration_variable.c
_station = bindparam("station", type_=BigInteger)
_now = bindparam("now", type_=_own.reported_at.type)


def _each(name: str, kind: type) -> object:
    return func.unnest(bindparam(name, type_=ARRAY(kind)))


_told = {
    "charge_point_id": _station,
    "name": _each("names", Text),
    "component_name": _each("components", Text),
    "instance": _each("instances", Text),
    "evse_number": _each("evse_numbers", Integer),
    "value": _each("values", Text),
    "max_limit": _each("max_limits", Integer),
    "readonly": _each("readonlies", Boolean),
    "required": _each("requireds", Boolean),
    "reboot_required": bindparam("reboot", type_=Boolean),
    "reported_at": _now,
    "created_at": _now,
    "updated_at": _now,
}
_REPLACED = ("value", "readonly", "required", "reboot_required", "reported_at")
_keep = insert(configuration_variable).from_select(list(_told), select(*_told.values()))  # type: ignore[arg-type]
_new = _keep.excluded
_same = _own.value.is_not_distinct_from(_new.value)
_KEEP = Statement(
    _keep.on_conflict_do_update(
        constraint="uq_variable",
        set_={name: _new[name] for name in _REPLACED}
        | {
            "max_limit": func.coalesce(_new.max_limit, _own.max_limit),
            "updated_at": case((_same, _own.updated_at), else_=_new.updated_at),
        },
        where=_own.reported_at <= _new.reported_at,  # what was told before the last change is no news
    )
)
_drop = delete(configuration_variable).where(_own.charge_point_id == _station)
_DROP_UNTOLD = Statement(_drop.where(_own.reported_at < _now))
_DROP = Statement(_drop.where(_own.name == any_(bindparam("names", type_=ARRAY(Text)))))
_NEW_PASSWORD = Statement(
    update(charge_point).where(charge_point.c.id == _station).values(network_password=bindparam("password"))
)


async def keep_told(
    tx: Tx, station_id: int, outcomes: Sequence[Outcome], everything: bool, at: datetime | None = None
) -> None:
    """Store what a charge point told, now or `at`; where that is everything, what it no longer has goes."""
    told = {_identity(one): one for outcome in outcomes for one in outcome.settings}  # some stations repeat themselves
    await _keep_all(tx, station_id, list(told.values()), reboot=False, at=at or tx.now)
    if everything and told:  # a 2.x station tells it all in reports that follow
        await tx.run(_DROP_UNTOLD, station=station_id, now=tx.now)
    elif unknown := [key for outcome in outcomes for key in outcome.unknown_keys]:
        await tx.run(_DROP, station=station_id, names=unknown)


async def keep_taken(tx: Tx, station_id: int, change: ChangeConfiguration, status: str) -> None:
    """Store what a charge point accepted, and with which word. A new password is the one it will present; of a
    variable's attributes the actual value is what is kept."""
    reboot = status == "RebootRequired"  # it takes effect with the next start
    if change.key in PASSWORDS:
        await tx.run(_NEW_PASSWORD, station=station_id, password=hashed(change.value.encode()))
    elif change.attribute in (None, "Actual"):
        setting = Setting(
            change.key, change.value, False, change.component, change.instance, change.evse_network_id,
            component_instance=change.component_instance,
        )  # fmt: skip
        await _keep_all(tx, station_id, [setting], reboot, at=tx.now)
    tx.tell(ConfigurationChanged(id=station_id, name=change.key, reboot_required=reboot))


async def _keep_all(tx: Tx, station_id: int, settings: list[Setting], reboot: bool, at: datetime) -> None:
    identities = [_identity(one) for one in settings]
    await tx.run(
        _KEEP,
        station=station_id,
        names=[name for name, *_ in identities],
        components=[component for _, component, *_ in identities],
        instances=[instance for *_, instance, _ in identities],
        evse_numbers=[number for *_, number in identities],
        values=[_open(one) for one in settings],
        max_limits=[one.max_limit for one in settings],
        readonlies=[one.readonly for one in settings],
        requireds=[one.key in REQUIRED for one in settings],
        reboot=reboot,
        now=at,
    )
    await learn(tx, station_id, settings)


def _identity(setting: Setting) -> tuple[str, str, str, int]:
    """The instance is the variable's, else the component's."""
    instance = setting.instance or setting.component_instance or ""
    return setting.key, setting.component or "", instance, setting.evse_network_id or 0


def _open(setting: Setting) -> str | None:
    """The value without what PostgreSQL has no place for; that of a password is not kept."""
    return None if setting.value is None or setting.key in PASSWORDS else setting.value.replace("\0", "")
