"""Which charging profiles a station takes: as its model says, else as it says itself of its configuration."""

from typing import Any, Literal, get_args

from msgspec import UNSET, Struct
from sqlalchemy import Column, ColumnElement, Label, and_, bindparam, func, or_, select

from ohmstead.kit.db import Row, Statement, Tx
from ohmstead.kit.views import Opt
from ohmstead.rooms.devices.configuration.table import configuration_variable
from ohmstead.rooms.devices.profiles.given import SETPOINT_LEVEL, ProfileKind, kind_of, purpose_of
from ohmstead.rooms.devices.stations import ProfilePurpose
from ohmstead.rooms.network.charge_points import charge_point
from ohmstead.rooms.network.models import Quirks, charge_point_model, quirks_of

Unit = Literal["A", "W"]
Rounding = Literal["down", "nearest", "up"]
EVERY_KIND: frozenset[ProfileKind] = frozenset(get_args(ProfileKind))
EVERY_PURPOSE: frozenset[ProfilePurpose] = frozenset(get_args(ProfilePurpose))
_UNITS = "ChargingScheduleAllowedChargingRateUnit", "RateUnit"  # as OCPP 1.6 and 2.0.1 call it
_PERIODS = "ChargingScheduleMaxPeriods", "PeriodsPerSchedule"
_LEVELS = "ChargeProfileMaxStackLevel", "ProfileStackLevel"
_PHASES = "ConnectorSwitch3to1PhaseSupported", "Phases3to1", "ACPhaseSwitchingSupported"
_COMPONENT = "SmartChargingCtrlr"
PINGS = 2  # of which none is answered show a station that its line broke


class Abilities(Struct, frozen=True, kw_only=True):
    """`unit` is the only one it takes limits in; `most_periods` those of one schedule, `most_level` the highest stack
    level, `kinds` those of schedules. None: no such bound is known.

    `notices_offline` is within how many s it notices that its line broke, where its limits can end so long after that
    by themselves (OCPP 2.1); None: they cannot. `dynamic` profiles can be given another limit then. Of three lines it
    `switches_phases` to one where told to. Its DC EVSEs give a share of `efficiency` of what they take. The rest is how
    it follows limits: in s and A."""

    unit: Unit | None = None
    purposes: frozenset[ProfilePurpose] = EVERY_PURPOSE
    most_periods: int | None = None
    most_level: int | None = None
    kinds: frozenset[ProfileKind] = EVERY_KIND
    reaction: float | None = None
    resolution: float | None = None
    rounding: Rounding = "down"
    fallback: float = 0.0
    keeps_offline: bool = True
    notices_offline: float | None = None
    dynamic: bool = False
    switches_phases: bool = False
    efficiency: float | None = None

    @property
    def relative_only(self) -> bool:
        """Whether its schedules begin at a moment of its own choosing, so that none can be told when to end."""
        return "absolute" not in self.kinds

    @property
    def setpoint_level(self) -> int:
        """The stack level load management steers a transaction on: above its default where there is a level above. On
        the same it holds all the same, for each purpose has a stack of its own (OCPP 1.6, 3.13.2)."""
        return SETPOINT_LEVEL if self.most_level is None else min(SETPOINT_LEVEL, self.most_level)

    @property
    def steered_by(self) -> ProfilePurpose | None:
        """The purpose of the profile load management steers with: a transaction's above a default, else whichever of
        the others it takes. None: with a transaction's alone nothing would hold between charges, and with a single
        profile of a single period nothing after the lease."""
        if {"transaction", "transaction_default"} <= self.purposes:
            return "transaction"
        kinds: tuple[ProfilePurpose, ...] = ("transaction_default", "station_max") if self.most_periods != 1 else ()
        return next((one for one in kinds if one in self.purposes), None)


OPEN = Abilities()


def said(station: Column[int]) -> tuple[Label[Any], ...]:
    """Columns for `abilities_of`, of the station that a query has in this column."""
    own, its = charge_point.alias("its_station").c, charge_point_model.c
    quirks = select(its.quirks).where(its.id == own.model_id, own.id == station)
    return (
        quirks.correlate(station.table).scalar_subquery().label("quirks"),
        select(own.ocpp_version).where(own.id == station).correlate(station.table).scalar_subquery().label("speaks"),
        _told(station, *_UNITS).label("units"),
        _told(station, *_PERIODS).label("periods"),
        _told(station, *_LEVELS).label("levels"),
        _told(station, "", "WebSocketPingInterval", "OCPPCommCtrlr").label("pings"),
        _says(station, *_feature("MaxOfflineDuration")).label("ends_offline"),
        _says(station, *_feature("DynamicProfiles")).label("dynamic"),
        _says(station, or_(*(configuration_variable.c.name == one for one in _PHASES))).label("switches_phases"),
    )


def _told(station: ColumnElement[int], name: str, later_name: str, component: str = _COMPONENT) -> ColumnElement[str]:
    """What a station's configuration says under a name of 1.6, or that of 2.0.1."""
    own = configuration_variable.c
    called = or_(own.name == name, and_(own.name == later_name, own.component_name == component))
    return select(own.value).where(own.charge_point_id == station, called).limit(1).scalar_subquery()


def _says(station: ColumnElement[int], *called: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether a station's configuration says true wherever it says anything of it; None where it says nothing."""
    own = configuration_variable.c
    found = select(func.bool_and(func.lower(own.value) == "true")).where(own.charge_point_id == station, *called)
    return found.scalar_subquery()


def _feature(name: str) -> tuple[ColumnElement[bool], ...]:
    """OCPP 2.1: an instance of `SupportsFeature`, or a variable of its own."""
    own = configuration_variable.c
    instance = and_(own.name == "SupportsFeature", own.instance == name)
    return own.component_name == _COMPONENT, or_(instance, own.name == f"Supports{name}")


def abilities_of(row: Row) -> Abilities:
    """From a row with the columns of `said`."""
    quirks = quirks_of(row["quirks"])
    purposes, kinds, levels = quirks.profile_purposes, quirks.profile_kinds, quirks.max_stack_level
    notices = _notices_offline(row, quirks)
    return Abilities(
        unit=quirks.charging_rate_unit or _only_unit(row["units"]),
        purposes=frozenset(purpose_of(one) for one in purposes) if purposes else EVERY_PURPOSE,
        most_periods=quirks.max_schedule_periods or _number(row["periods"]) or None,
        most_level=_number(row["levels"]) if levels is UNSET else levels,
        kinds=frozenset(kind_of(one) for one in kinds) if kinds else EVERY_KIND,
        reaction=quirks.reaction or None,
        resolution=quirks.resolution or None,
        rounding=quirks.rounding or ("up" if quirks.resolution else "down"),
        fallback=quirks.fallback_current or 0.0,
        keeps_offline=not quirks.drops_limits_offline,
        notices_offline=notices,
        dynamic=notices is not None and bool(_or(quirks.dynamic_profiles, row["dynamic"])),
        efficiency=quirks.efficiency_percent / 100 if quirks.efficiency_percent else None,
        switches_phases=bool(_or(quirks.switches_phases, row["switches_phases"])),
    )


def _notices_offline(row: Row, quirks: Quirks) -> float | None:
    """Only its pings tell a station for certain that nobody is there: else it may believe in a dead line for long."""
    pings, ends = _number(row["pings"]), _or(quirks.max_offline_duration, row["ends_offline"])
    return float(PINGS * pings) if pings and ends and row["speaks"] == "2.1" else None


def _or(quirk: Opt[bool], told: bool | None) -> bool | None:
    return told if quirk is UNSET else quirk


def _number(told: str | None) -> int | None:
    """A number as configurations tell it; None for what is none."""
    return int(told) if told and told.isdecimal() else None


def _only_unit(told: str | None) -> Unit | None:
    """OCPP 1.6, 9.4.2: `Current`, `Power`; 2.0.1: `A`, `W`."""
    words = {word.strip() for word in (told or "").split(",")}
    amps, watts = bool(words & {"Current", "A"}), bool(words & {"Power", "W"})
    return None if amps == watts else "A" if amps else "W"


_STATION = Statement(
    select(*said(charge_point.c.id)).where(charge_point.c.id == bindparam("station")).select_from(charge_point)
)


async def abilities(tx: Tx, station_id: int) -> Abilities:
    """Those of one station."""
    row = await tx.one(_STATION, station=station_id)
    return abilities_of(row) if row else OPEN
