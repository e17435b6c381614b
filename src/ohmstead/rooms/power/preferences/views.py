"""Personal preferences as the API takes them in and shows them: one of six types, each with preferences of its own."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Annotated, Any, Literal, NamedTuple

from msgspec import UNSET, Meta

from ohmstead.kit.money import bounded
from ohmstead.kit.validation import label
from ohmstead.kit.views import Opt, View

Type = Literal[
    "user_controlled_schedule", "solar", "octopus_agile", "octopus_go", "nordpool", "charger_electricity_rate"
]
WeekDay = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
_HOUR = r"([01]\d|2[0-3]):[0-5]\d"
At = Annotated[str, Meta(pattern=rf"^{_HOUR}$(?!\n)", description="Local time, HH:MM.")]
Until = Annotated[
    str,
    Meta(
        pattern=rf"^({_HOUR}|24:00)$(?!\n)",
        description="Local time, HH:MM; one before the start is on the next day, 24:00 is midnight.",
    ),
]
Kwh = Annotated[float, Meta(ge=0, le=1_000, description="kWh of each charge.")]
KwhCost = Annotated[Decimal, bounded(-(10**9), 10**9), Meta(description="Per kWh.")]
_PRECONDITIONING = "Minutes before departure in which it charges with all its power."


class TargetCharge(View):
    departure_time: Opt[At] = UNSET
    preconditioning_time: Opt[Annotated[int, Meta(ge=0, le=1_440, description=_PRECONDITIONING)]] = UNSET
    min_target_charge_kwh: Opt[Kwh] = UNSET
    max_target_charge_kwh: Opt[Kwh] = UNSET
    target_charge_kwh: Opt[Kwh] = UNSET


class ElectricityCosts(View):
    price_off_peak: Opt[KwhCost] = UNSET
    price_peak: Opt[KwhCost] = UNSET


class WeekDayWindow(View):
    days: Annotated[list[WeekDay], Meta(min_length=1)]
    start_time: At
    end_time: Until


class Details(View):
    """What there is of it depends on the type."""

    start_time: Opt[At] = UNSET
    end_time: Opt[Until] = UNSET
    target_charge: Opt[TargetCharge | None] = UNSET
    track_electricity_costs: Opt[ElectricityCosts | None] = UNSET
    week_days: Opt[Annotated[list[WeekDayWindow], Meta(description="Other windows on certain days.")]] = UNSET
    max_current_from_grid: Opt[
        Annotated[float, Meta(ge=0, le=1_000, description="A a line that the grid may add to the sun.")]
    ] = UNSET
    solar_stable_time: Opt[
        Annotated[float, Meta(ge=0, le=3_600, description="s the sun has to stay, or be gone, before it turns.")]
    ] = UNSET
    applicable_tax_id: Opt[int] = UNSET
    post_code: Opt[Annotated[str, Meta(min_length=1, max_length=16)]] = UNSET
    price_threshold: Opt[Annotated[KwhCost, Meta(description="Per kWh: below it charging is welcome.")]] = UNSET
    location: Opt[Annotated[Literal["GB1"], Meta(description="Price area of Nord Pool.")]] = UNSET
    solar: Opt[Annotated[bool, Meta(description="For chargers that follow the sun by themselves.")]] = UNSET


class Preferences(View):
    """`{"enabled": false}` alone switches off what is set, and keeps it."""

    enabled: bool = True
    type: Opt[Type] = UNSET
    integration_id: Opt[int] = UNSET
    electricity_rate_id: Opt[int] = UNSET
    preferences: Opt[Details] = UNSET


class _Shape(NamedTuple):
    """What a type has to say, and what it may say, as paths below the body."""

    needs: tuple[str, ...]
    may: tuple[str, ...] = ()


_P, _T = "preferences.", "preferences.targetCharge."
_WINDOW, _DAYS = (f"{_P}startTime", f"{_P}endTime"), f"{_P}weekDays"
_BETWEEN, _COSTS = (f"{_T}minTargetChargeKwh", f"{_T}maxTargetChargeKwh"), f"{_P}trackElectricityCosts"
_LEAVES, _PREPARES = f"{_T}departureTime", f"{_T}preconditioningTime"
_OCTOPUS = ("integrationId", f"{_P}applicableTaxId", f"{_P}postCode")
_THRESHOLD = f"{_P}priceThreshold"
_SHAPES = {
    "user_controlled_schedule": _Shape(_WINDOW, (*_BETWEEN, _COSTS, _DAYS)),
    "solar": _Shape((f"{_P}maxCurrentFromGrid", f"{_P}solarStableTime")),
    "octopus_agile": _Shape((*_OCTOPUS, _THRESHOLD), (_LEAVES, _PREPARES, *_BETWEEN)),
    "octopus_go": _Shape(_OCTOPUS, (_THRESHOLD, _LEAVES, _PREPARES, *_BETWEEN)),
    "nordpool": _Shape((), ("integrationId", f"{_P}location", _LEAVES, _PREPARES, f"{_T}targetChargeKwh")),
    "charger_electricity_rate": _Shape(
        ("electricityRateId", *_WINDOW, _LEAVES, f"{_T}targetChargeKwh"), (_PREPARES, f"{_P}solar", _DAYS)
    ),
}
_IF_ANY = {"nordpool": (f"{_P}location", _LEAVES, f"{_T}targetChargeKwh")}  # needed where there are preferences


def missing(body: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What a body lacks for its type."""
    kind = body["type"]
    for path in (*_SHAPES[kind].needs, *(_IF_ANY.get(kind, ()) if "preferences" in body else ())):
        if at(body, path) is None:
            yield path, f"The {label(path)} field is required."


def kept(body: Mapping[str, Any]) -> dict[str, Any]:
    """Of a body what its type knows."""
    shape = _SHAPES[body["type"]]
    found: dict[str, Any] = {"enabled": body["enabled"], "type": body["type"]}
    for path in (*shape.needs, *shape.may):
        _put(found, path.split("."), body)
    return found


def at(body: Mapping[str, Any], path: str) -> Any:
    """What stands at a path; None where nothing does."""
    value: Any = body
    for name in path.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _put(found: dict[str, Any], path: list[str], body: Mapping[str, Any]) -> None:
    """Take over what stands at a path, or that something above it is null."""
    name, *rest = path
    if name not in body:
        return
    if rest and body[name] is not None:
        _put(found.setdefault(name, {}), rest, body[name])
    else:
        found[name] = body[name]
