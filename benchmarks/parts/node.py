"""The server under measurement: a node on the data folder the environment names, its clock as fast as BENCH_SPEED says,
or one that it shares with others (see faster_clock.py).

Says its API's address, its OCPP address, the first token (empty on later starts) and the database's address.
"""

import asyncio
import os
import signal

import uvloop

from ohmstead.app.logs import configure
from ohmstead.app.node import Node
from ohmstead.app.settings import PREFIX, load
from parts.faster_clock import clock_from_environment


async def main() -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    ports = {name: 0 for name in ("port", "ocpp_port") if PREFIX + name.upper() not in os.environ}
    node = await Node.start(load(ports), lambda text: None, clock_from_environment())
    print(node.api_url, node.ocpp_url, node.first_token or "", node.system.dsn, "ready", sep="\n", flush=True)
    await stop.wait()
    await node.stop()


configure("warning", False)
with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
    runner.run(main())
