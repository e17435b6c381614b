"""What the terminal shows of load management: tables of one moment that add up, and sentences."""

import io
import re
from datetime import UTC, datetime
from typing import Any

from rich.console import Console, RenderableType

from ohmstead.app.demo.screen import picture as demo_picture
from ohmstead.app.load_screen import explained, explained_evse, picture
from ohmstead.rooms.power.management.explanation.circuits import explained_circuit
from ohmstead.simulator.station_v16 import StationV16
from ohmstead.simulator.vehicle import Vehicle
from tests.rooms.odd_sites import OddSite, Station


def told(*stations: Station, limit: float = 40.0, seconds: int = 300, **fields: Any) -> dict[str, Any]:
    site = OddSite(limit, stations, **fields)
    site.run(seconds)
    return explained_circuit(site.site, 1, datetime.fromtimestamp(site.now, UTC))


def printed(shown: RenderableType, width: int = 140) -> str:
    console = Console(file=io.StringIO(), width=width)
    console.print(shown)
    return console.file.getvalue()  # type: ignore[attr-defined]


def cells(text: str, begins: str) -> list[str]:
    """The cells of the row whose first begins so."""
    rows = [[cell.strip() for cell in line.split("│")[1:-1]] for line in text.splitlines() if "│" in line]
    return next(row for row in rows if row[0].startswith(begins))


def test_what_is_drawn_is_the_sum_of_what_the_cars_draw() -> None:
    """Three draws of 7.04, 7.04 and 7.04 A are shown as 7.0 each: their sum is 21.0 then, not 21.1."""
    text = printed(picture(told(*(Station(wants=7.04) for _ in range(3)))))
    assert [cells(text, str(number))[3] for number in (1, 2, 3)] == ["7.0"] * 3
    assert cells(text, "L1")[6] == "21.0"


def test_each_row_says_why_in_short() -> None:
    text = printed(picture(told(Station(), Station(), Station(), limit=13)))
    assert cells(text, "1")[1:6] == ["6.5", "6.5", "6.5", "-", "-"]
    assert cells(text, "1")[-1] == "Main L1 is full."
    assert cells(text, "3")[-1] == "Main L1 has no room for another minimum."


def test_what_is_not_measured_and_what_is_too_much_is_marked() -> None:
    told_of = told(Station(), electricity_meter_id=7, offline_reserved_current=10.0)
    assert cells(printed(picture(told_of)), "L1")[2] == "10.0?"
    one = told_of["lines"][0]
    lines = [*explained(told_of | {"lines": [one | {"exceeds": 4.0}, *told_of["lines"][1:]]})]
    assert lines[1].startswith(
        "  L1 (the root's L1): limit 40 A; others take 10 A (not measured), 0 A are kept free; 30 A are left."
    )
    assert lines[2:4] == ["    4 A more are reserved than are left.", "    It binds EVSE 1."]
    assert lines[-1] == "  EVSE 1: 30.0 A. L1 of Main (circuit 1) is full. By its weight 30 A of it are for this one."


def test_an_evse_is_explained_in_sentences() -> None:
    [evse] = told(Station(), limit=63)["evses"]
    lines = [*explained_evse(evse | {"wishes": ["plan"], "departure": "2030-01-01T08:00:00+00:00"})]
    assert lines[:6] == [
        "EVSE 1, on circuit 1",
        "  It is to have all it can have, 32 A. It is rated for no more.",
        "  target    32.0 A; offered 32.0 A; drawn L1 32 A",
        "  weight    1: charge_point 1, evse 1, user 1, session 1, soc 1, wish 1",
        "  minimum   6 A: Below 6 A no car charges.",
        "  maximum   32 A: It is rated for no more.",
    ]
    assert "  wish      plan" in lines
    assert any(re.fullmatch(r"  lease     32 A until \d{4}-\d\d-\d\d \d\d:\d\d:\d\d, then 0 A", line) for line in lines)
    assert lines[-1] == "  reserved  32 A: Its limit: it may draw so much."


def test_an_idle_evse_has_little_to_tell() -> None:
    evse = told(Station(), charging=0)["evses"][0]
    assert [*explained_evse(evse)][:3] == [
        "EVSE 1, on circuit 1", "  Nobody charges.", "  target    - A; offered 0.0 A; drawn L1 0 A",
    ]  # fmt: skip


async def test_the_demo_shows_one_moment() -> None:
    """A car that has just begun, or stopped, draws something else by now: the table has what load management knew."""
    known = told(Station(wants=9.04), Station())
    stations = [StationV16("ws://127.0.0.1:1/ocpp", f"demo-{number}", "x", phases=1) for number in (1, 2)]
    stations[0].plug(1, Vehicle(1, 32, soc=50))
    text = printed(demo_picture(known, {"demo-1": 1, "demo-2": 2}, stations))
    rows = [cells(text, f"demo-{number}") for number in (1, 2)]
    drawn = [float(row[4].split()[0]) for row in rows]
    assert stations[0].site_draw()[0] == 0
    assert drawn == [9.0, round(known["evses"][1]["drawn"][0]["amps"], 1)]
    assert cells(text, "L1")[6] == f"{sum(drawn):.1f}"
    assert [row[3] for row in rows] == [f"{one['offered']:.1f}" for one in known["evses"]]
