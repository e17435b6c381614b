"""The demo's screen: the circuit line by line and the cars one by one, each second, all of one moment."""

from collections.abc import Mapping, Sequence

from rich.console import Group, RenderableType
from rich.table import Table

from ohmstead.app.load_screen import PHASES, Told, drawn, lines_table
from ohmstead.simulator.station import Station

Points = Mapping[str, int]
"""The charge points by their OCPP identity."""


def picture(told: Told, points: Points, stations: Sequence[Station]) -> RenderableType:
    """Everything at once. Currents are those that load management knows at this moment, so that they add up; what the
    cars themselves draw is told it every few seconds."""
    return Group(lines_table(told, title="Circuit"), _cars(told, points, stations))


def _cars(told: Told, points: Points, stations: Sequence[Station]) -> Table:
    table = Table(title="Charge points", title_justify="left", expand=False)
    widths = {"charge point": 12, "state": 13, "car": 15, "offered A": 9, "drawn A: L1  L2  L3": 19, "kWh": 5}
    for name, width in widths.items():
        table.add_column(name, justify="right" if name in ("offered A", "kWh") else "left", min_width=width)
    known = {one["chargePointId"]: one for one in told["evses"]}
    for station in stations:
        table.add_row(*_car(station, known.get(points[station.identity])))
    return table


def _car(station: Station, evse: Told | None) -> tuple[str, ...]:
    vehicle = station.charging.connector(1).vehicle
    transaction = station.transaction(1)
    charges = evse is not None and evse["sessionId"] is not None
    return (
        station.identity,
        station.state(1),
        f"{vehicle.phases} phase{'s' if vehicle.phases > 1 else ''}, {vehicle.soc:.0f} %" if vehicle else "",
        f"{evse['offered'] or 0.0:.1f}" if evse is not None and charges else "",
        "  ".join(f"{drawn(evse, phase):4.1f}" for phase in PHASES) if evse is not None and charges else "",
        f"{(station.energy_wh(1) - transaction.meter_start_wh) / 1000:.2f}" if transaction else "",
    )
