"""`ohmstead serve`: the product itself."""

import asyncio
import signal
from pathlib import Path

import uvloop

from ohmstead.app.logs import configure
from ohmstead.app.node import Node
from ohmstead.app.settings import Role, Settings, load


def serve(
    *,
    role: Role | None = None,
    node_name: str | None = None,
    host: str | None = None,
    port: int | None = None,
    ocpp_host: str | None = None,
    ocpp_port: int | None = None,
    ocpp_tls_port: int | None = None,
    ocpp_tls_names: str | None = None,
    data_dir: Path | None = None,
    clock: str | None = None,
    speed: float | None = None,
) -> None:
    """Serve the API and take charge points in.

    Parameters
    ----------
    role
        What this process does: everything (all), or its part among several on one database.
    node_name
        Its name among several (the machine's name and the port).
    host
        Address the API listens on (127.0.0.1).
    port
        Port of the API (8000).
    ocpp_host
        Address charge points connect to (127.0.0.1).
    ocpp_port
        Port charge points connect to (9000).
    ocpp_tls_port
        Port charge points connect to by TLS (none).
    ocpp_tls_names
        Host names and addresses that port is reached by, with commas between (localhost,127.0.0.1).
    data_dir
        Where the embedded database and the secrets live (.ohmstead).
    clock
        For a rehearsal: the moment to begin at (2027-01-31T08:00:00Z).
    speed
        How many seconds of that clock pass in each real one (1).
    """
    given = {
        "role": role,
        "node_name": node_name,
        "host": host,
        "port": port,
        "ocpp_host": ocpp_host,
        "ocpp_port": ocpp_port,
        "ocpp_tls_port": ocpp_tls_port,
        "ocpp_tls_names": ocpp_tls_names,
        "data_dir": data_dir,
        "clock": clock,
        "speed": speed,
    }
    settings = load(given)
    configure(settings.log_level, settings.log_json)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(settings))


async def _serve(settings: Settings) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    node = await Node.start(settings, report)
    try:
        if settings.serves_api:
            report(f"API            {node.api_url}/public-api   (documentation: {node.api_url}/docs)")
        else:
            report(f"Health         {node.api_url}/health")
        if node.ocpp_url:
            report(f"Charge points  {node.ocpp_url}/<identity>")
        if node.ocpp_tls_url:
            report(f"  by TLS       {node.ocpp_tls_url}/<identity>")
        if node.first_token:
            report(f"Token          {node.first_token}   (an administrator's; shown this once)")
        report("Ctrl-C stops.")
        await stop.wait()
        report("Stopping…")
    finally:
        await node.stop()


def report(text: str) -> None:
    """To the terminal, at once."""
    print(text, flush=True)
