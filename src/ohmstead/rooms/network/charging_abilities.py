"""Which charging profiles a station takes: as its model says, else as it says itself of its configuration."""

from typing import Any, Literal, get_args

from msgspec import Struct
from sqlalchemy import Column, ColumnElement, Label, and_, bindparam, or_, select

from ohmstead.kit.db import Row, Statement, Tx
from ohmstead.rooms.network.charge_points import charge_point
from ohmstead.rooms.network.charging_profiles import purpose_of
from ohmstead.rooms.network.configuration.table import configuration_variable
from ohmstead.rooms.network.models import charge_point_model, quirks_of
from ohmstead.rooms.network.stations import ProfilePurpose

Unit = Literal["A", "W"]
EVERY_PURPOSE: frozenset[ProfilePurpose] = frozenset(get_args(ProfilePurpose))
_UNITS = "ChargingScheduleAllowedChargingRateUnit", "RateUnit"  # as OCPP 1.6 and 2.0.1 call it
_PERIODS = "ChargingScheduleMaxPeriods", "PeriodsPerSchedule"
_COMPONENT = "SmartChargingCtrlr"


class Abilities(Struct, frozen=True, kw_only=True):
    """`unit` is the only one it takes limits in; `most_periods` those of one schedule. None: no such bound is known."""

    unit: Unit | None = None
    purposes: frozenset[ProfilePurpose] = EVERY_PURPOSE
    most_periods: int | None = None

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
        _told(station, *_UNITS).label("units"),
        _told(station, *_PERIODS).label("periods"),
    )


def _told(station: ColumnElement[int], name: str, later_name: str) -> ColumnElement[str]:
    """What a station's configuration says under a name of 1.6, or that of 2.0.1."""
    own = configuration_variable.c
    called = or_(own.name == name, and_(own.name == later_name, own.component_name == _COMPONENT))
    return select(own.value).where(own.charge_point_id == station, called).limit(1).scalar_subquery()


def abilities_of(row: Row) -> Abilities:
    """From a row with the columns of `said`."""
    quirks = quirks_of(row["quirks"])
    periods, purposes = row["periods"] or "", quirks.profile_purposes
    return Abilities(
        unit=quirks.charging_rate_unit or _only_unit(row["units"]),
        purposes=frozenset(purpose_of(one) for one in purposes) if purposes else EVERY_PURPOSE,
        most_periods=quirks.max_schedule_periods or (int(periods) if periods.isdecimal() else 0) or None,
    )


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
