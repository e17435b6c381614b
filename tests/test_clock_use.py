"""Who reads a clock of the machine or the database: nobody but those listed here, each for its reason. All else goes
by `kit/clock.py`, so that a clock that was set drives it."""

import re
from pathlib import Path

DIRECT = re.compile(
    r"datetime\.(now|utcnow|today)\(|date\.today\(|\btime\.(time|time_ns|monotonic|perf_counter|sleep)\b|asyncio\.sleep\("
    r"|get_running_loop\(\)\.time\(\)|\bloop\.time\(\)|call_later\(|call_at\(|SystemClock\("
    r"|\bclock_timestamp\b|statement_timestamp|func\.now\b|\bnow\(\)'|CURRENT_(TIMESTAMP|DATE|TIME)\b|localtimestamp"
)
ALLOWED = {
    "kit/clock.py": "it is the clock",
    # lives of processes and sockets, by the real time
    "app/http_server.py": "connections of the API's port",
    "app/http_protocol.py": "connections of the API's port",
    "app/fact_intake.py": "patience with a database that is away",
    "app/nodes/signal_forwarder.py": "letters gathered for some ms",
    "app/nodes/message_bus.py": "a pause after a failure",
    "app/nodes/membership.py": "leases of nodes",
    "app/system.py": "a pause after background work failed",
    "rooms/devices/presence/nodes.py": "leases of nodes, by the database's time",
    "store/cluster.py": "a server that starts",
    "store/commit_notifier.py": "rings gathered for some ms",
    "store/outbox.py": "how often is looked; what is due goes by the clock",
    "store/set_clock.py": "when the clock was set",
    "kit/faults.py": "how often is logged",
    "kit/http.py": "how long a request took",
    "kit/requests.py": "the trace of a request",
    "kit/limits.py": "the rate limit: seconds of its callers",
    "kit/batches.py": "what is gathered for some ms",
    "rooms/operator/admins.py": "how long a token is remembered",
    "rooms/devices/communication/log.py": "how often frames are written",
    "rooms/billing/gateways/worker.py": "what is gathered for some ms, and a pause after the database was away",
    "rooms/notices/kafka.py": "how long a broker took to answer",
    "rooms/notices/kafka_producer.py": "patience with brokers",
    "rooms/charging/control/autostart.py": "what is gathered for some ms",
    "rooms/power/management/release.py": "what is gathered for some ms",
    "rooms/notices/results.py": "patience with a database that is away",
    "rooms/notices/sender.py": "what is gathered for some ms, and patience with a database that is away",
    "rooms/notices/dispatcher.py": "a pause after the database was away",
    # who makes the clock
    "app/clock.py": "chooses it",
    "app/following.py": "chooses it",
    "app/database.py": "opens the database to ask for it",
    "app/node.py": "opens the database to ask for it; the server's guard",
    "app/commands/station.py": "a station that follows nobody",
    "app/commands/notices.py": "webhooks bear the real time",
    "simulator/machine.py": "a station that was given none",
    # no time is told or kept
    "app/commands/certificates.py": "certificates live by the real time",
    "app/commands/model.py": "puts a file away",
    "app/commands/firmware.py": "puts a file away",
    "app/demo/run.py": "how long it is shown",
    "app/commands/circuit.py": "how often it is shown",
}


def uses(here: Path) -> dict[str, list[str]]:
    source = here / "src/ohmstead"
    found = {
        str(path.relative_to(source)): [line.strip() for line in path.read_text().splitlines() if DIRECT.search(line)]
        for path in source.rglob("*.py")
    }
    return {name: lines for name, lines in found.items() if lines}


def test_nobody_reads_the_machines_time_unnoticed(here: Path) -> None:
    strangers = {name: lines for name, lines in uses(here).items() if name not in ALLOWED}
    assert not strangers, f"go by the clock, or say in ALLOWED why not: {strangers}"


def test_who_no_longer_does_is_not_listed(here: Path) -> None:
    assert ALLOWED.keys() <= uses(here).keys()


def test_columns_have_no_time_of_the_databases(here: Path) -> None:
    made = re.compile(r"server_default=.*(now\(|timestamp)", re.IGNORECASE)
    files = [*(here / "src/ohmstead").rglob("*.py"), *(here / "migrations/versions").glob("*.py")]
    assert files
    assert not [path.name for path in files if made.search(path.read_text())]
