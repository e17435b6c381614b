"""The demo's screen: the circuit line by line and the cars one by one, each second."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from ohmstead.simulator.station import Station


@dataclass(frozen=True)
class Flow:
    """What the API says of one phase, A."""

    phase: str
    limit: float
    unmanaged: float
    managed: float


def flows(limit: float, managed: Sequence[Any], unmanaged: Sequence[Any]) -> list[Flow]:
    """The API's two answers side by side."""
    ours = {load["phase"]: load["consumption"] for load in managed}
    return [Flow(load["phase"], limit, load["consumption"], ours.get(load["phase"], 0.0)) for load in unmanaged]


def picture(phases: Sequence[Flow], stations: Sequence[Station]) -> RenderableType:
    """Everything at once."""
    return Group(_circuit(phases), _cars(stations))


def _circuit(phases: Sequence[Flow]) -> Table:
    table = Table(title="Circuit", title_justify="left", expand=False)
    for name in ("phase", "limit A", "unmanaged A", "managed A", ""):
        table.add_column(name, justify="left" if name in ("phase", "") else "right")
    for flow in phases:
        table.add_row(flow.phase, f"{flow.limit:.0f}", f"{flow.unmanaged:.1f}", f"{flow.managed:.1f}", _bar(flow))
    return table


def _bar(flow: Flow, width: int = 36) -> Text:
    """Unmanaged, managed and free, to scale."""
    other = min(width, round(width * flow.unmanaged / flow.limit))
    ours = min(width - other, round(width * flow.managed / flow.limit))
    return Text.assemble(("█" * other, "yellow"), ("█" * ours, "green"), ("·" * (width - other - ours), "dim"))


def _cars(stations: Sequence[Station]) -> Table:
    table = Table(title="Charge points", title_justify="left", expand=False)
    widths = {"charge point": 12, "state": 13, "car": 15, "offered A": 9, "drawn A: L1  L2  L3": 19, "kWh": 5}
    for name, width in widths.items():
        table.add_column(name, justify="right" if name in ("offered A", "kWh") else "left", min_width=width)
    for station in stations:
        table.add_row(*_car(station))
    return table


def _car(station: Station) -> tuple[str, ...]:
    vehicle = station.charging.connector(1).vehicle
    transaction = station.transaction(1)
    drawn = "  ".join(f"{amps:4.1f}" for amps in station.site_draw())
    return (
        station.identity,
        station.state(1),
        f"{vehicle.phases} phase{'s' if vehicle.phases > 1 else ''}, {vehicle.soc:.0f} %" if vehicle else "",
        f"{station.offered(1):.1f}" if transaction else "",
        drawn if vehicle else "",
        f"{(station.energy_wh(1) - transaction.meter_start_wh) / 1000:.2f}" if transaction else "",
    )
