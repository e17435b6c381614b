"""`ohmstead demo`: the product with a site, charge points and cars, in one terminal."""

import asyncio
from contextlib import suppress
from pathlib import Path

import uvloop

from ohmstead.app.demo.run import run
from ohmstead.app.logs import configure
from ohmstead.app.settings import load

LOOPBACK = "127.0.0.1,localhost"


def demo(
    *,
    duration: float | None = None,
    seed: int = 7,
    host: str | None = None,
    port: int | None = None,
    ocpp_port: int | None = None,
    data_dir: Path | None = None,
    clock: str | None = None,
    speed: float | None = None,
) -> None:
    """Show six charge points sharing a circuit of 63 A.

    Parameters
    ----------
    duration
        Seconds until it ends by itself; else Ctrl-C ends it.
    seed
        Decides which cars come when.
    host
        Address the API listens on (127.0.0.1).
    port
        Port of the API (8000).
    ocpp_port
        Port charge points connect to (9000).
    data_dir
        Where the embedded database lives (.ohmstead).
    clock
        The moment to begin at (2027-01-31T08:00:00Z).
    speed
        How many seconds of that clock pass in each real one (1).
    """
    places = {"host": host, "port": port, "ocpp_port": ocpp_port, "data_dir": data_dir}
    limits = {"rate_limit_per_minute": 10**6, "rate_limit_per_day": 10**9} if speed else {}  # its meter tells much
    settings = load(places | limits | {"clock": clock, "speed": speed})
    settings.private_hosts = f"{settings.private_hosts},{LOOPBACK}".strip(",")  # `ohmstead notices listen` is there
    configure("error", False)
    with suppress(KeyboardInterrupt), asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(run(settings, duration, seed))
