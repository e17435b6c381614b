"""The demo's course: start the product, make the site, let cars come and go, show it all until it is over."""

import asyncio
import sys
from collections.abc import Sequence
from contextlib import AsyncExitStack, nullcontext

from rich.console import Console, RenderableType
from rich.live import Live
from rich.text import Text

from ohmstead.app.api_client import URL, ApiClient, ApiFault
from ohmstead.app.demo.demo_drive import TEST_CARD, drivers_page
from ohmstead.app.demo.demo_site import PASSWORD, POINTS, TAGS, DemoSite, build
from ohmstead.app.demo.screen import picture
from ohmstead.app.node import Node
from ohmstead.app.settings import Settings
from ohmstead.engines.dlm.planning import Pace
from ohmstead.kit.clock import Clock
from ohmstead.rooms.operator.admins import create_token
from ohmstead.rooms.power.management.tuning import Tuning
from ohmstead.simulator.fleet import Fleet, Habits
from ohmstead.simulator.settings import Settings as Behaviour
from ohmstead.simulator.site import Building, Load, Meter, Reading
from ohmstead.simulator.station import Station
from ohmstead.simulator.station_v16 import StationV16

METER_S = 5.0
PLAIN_S = 10.0  # between two pictures where there is no terminal to draw on


async def run(settings: Settings, duration: float | None, seed: int) -> None:
    """Run for `duration` s, or until interrupted."""
    console = Console() if sys.stdout.isatty() else Console(width=100)
    async with AsyncExitStack() as stack:
        tuning = Tuning(tick=5.0, meter_period=METER_S, margin=10.0, window=8.0, pace=Pace(hold=10.0))
        node = await Node.start(settings, lambda text: console.print(text), tuning=tuning)
        stack.push_async_callback(node.stop)
        api = ApiClient(node.api_url, node.first_token or await _token(node))
        stack.push_async_callback(api.close)
        console.print("Making a site: a location, a circuit of 63 A with a meter, six charge points, six drivers…")
        site = await build(api)
        stations = await _stations(node, stack)
        await _life(api, site, stations, node.system.clock, seed, stack)
        page = await drivers_page(node, api, seed, stack)
        for line in _handles(api, site, page):
            console.print(line, soft_wrap=True, highlight=False, markup=False)
        await _show(console, api, site, stations, duration)


async def _token(node: Node) -> str:
    async with node.system.database.begin() as tx:
        return await create_token(tx, node.system.vault, "demo", ["*"])


async def _stations(node: Node, stack: AsyncExitStack) -> list[Station]:
    """The six charge points, switched on."""
    stations: list[Station] = []
    for number, point in enumerate(POINTS):
        station = StationV16(
            node.ocpp_url, point.identity, PASSWORD, phases=1 if point.phases == "single_phase" else 3,
            rating_a=point.rating_a, rotation=point.wired, clock=node.system.clock, seed=number,
            settings=Behaviour(sample_s=5),
        )  # fmt: skip
        await station.start()
        stack.push_async_callback(station.stop)
        stations.append(station)
    return stations


async def _life(
    api: ApiClient, site: DemoSite, stations: Sequence[Station], clock: Clock, seed: int, stack: AsyncExitStack
) -> None:
    """Cars come and go, the building lives, its meter reports."""

    async def report(reading: Reading) -> None:
        milliamperes = {f"currentL{line}": round(1000 * amps) for line, amps in enumerate(reading.total, 1)}
        await api.call("POST", f"/actions/electricity-meter/v1.0/{site.meter_id}/report-consumption", milliamperes)

    building = Building(Load((9.0, 7.0, 8.0), step_a=4.0, steps_per_hour=60, walk_a=0.4), seed)
    meter = Meter(clock, stations, report, building=building, interval_s=METER_S)
    fleet = Fleet(stations, clock, seed, Habits(mean_gap_s=8.0, mean_stay_s=150.0, tags=TAGS))
    meter.start()
    stack.push_async_callback(meter.stop)
    fleet.start()
    stack.push_async_callback(fleet.stop)


def _handles(api: ApiClient, site: DemoSite, page: str) -> list[str]:
    """Where to take hold: the addresses, the token, three calls to try, and how to see notifications."""
    header = f"-H 'Authorization: Bearer {api.token}'"
    paths = (
        f"/resources/circuits/v2.0/{site.circuit_id}?include[]=consumption&include[]=unmanagedLoad",
        "/resources/sessions/v1.0?filter[status]=active",
        f"/resources/charge-points/v1.0/{next(iter(site.charge_points.values()))}/status",
    )
    return [
        f"API    {api.url}   documentation {api.url.removesuffix('/public-api')}/docs",
        f"Token  {api.token}",
        f"Drive  {page}   charge without an account; the test card is {TEST_CARD}",
        *(f"curl -g {header} '{api.url}{path}'" for path in paths),
        f"OHMSTEAD_TOKEN={api.token} .venv/bin/ohmstead notices listen --subscribe all{_server(api)}",
        "Ctrl-C ends the demo.",
        "",
    ]


def _server(api: ApiClient) -> str:
    """How a command is told where the API is, where that is not where it looks anyway."""
    url = api.url.removesuffix("/public-api")
    return "" if url == URL else f" --url {url}"


async def _show(
    console: Console, api: ApiClient, site: DemoSite, stations: Sequence[Station], duration: float | None
) -> None:
    """The picture, each second; where nobody looks at a terminal, a plain one now and then."""
    loop = asyncio.get_running_loop()
    ends = None if duration is None else loop.time() + duration
    pause = 1.0 if sys.stdout.isatty() else min(PLAIN_S, duration or PLAIN_S)
    shown = Live(console=console, auto_refresh=False, screen=False) if sys.stdout.isatty() else nullcontext(console)
    with shown as screen:
        while ends is None or loop.time() < ends:
            await asyncio.sleep(pause)
            now = await _picture(api, site, stations)
            if isinstance(screen, Live):
                screen.update(now, refresh=True)
            else:
                screen.print(now)


async def _picture(api: ApiClient, site: DemoSite, stations: Sequence[Station]) -> RenderableType:
    """Of one moment; in the first one the circuit may not be steered yet."""
    try:
        told = await api.get(f"/internal/circuits/v1.0/{site.circuit_id}/explanation")
    except ApiFault as fault:
        return Text(str(fault))
    return picture(told, site.charge_points, stations)
