"""The node and the bare server under the same load of messages, in turns, and what is said of it."""

from functools import partial

from parts.processes import Burst, Rounds, Server, median, metered
from parts.stations import Station, charge

Side = tuple[Server, list[Station]]


async def measure(ours: Side, limit: Side, rounds: int, seconds: float) -> tuple[Rounds, int]:
    """Both sides in turn; how many messages of ours were acknowledged, those of the warm-up included."""
    found, acknowledged = Rounds(), 0
    for number in range(-1, rounds):
        mine, bare = [await metered(server, partial(charge, stations, seconds)) for server, stations in (ours, limit)]
        acknowledged += len(mine.latencies)
        if number >= 0:
            found.ours.append(mine)
            found.limit.append(bare)
    return found, acknowledged


def report(found: Rounds, floor: float, most_ms: float) -> None:
    """The figures of the load: the share of the limit (at least `floor`), CPU a message (at most `most_ms`)."""
    cost = 1e3 / median(found.ours, Burst.per_cpu_second)
    p50, p99 = (median(found.ours, lambda burst: burst.percentile(share)) for share in (0.5, 0.99))  # noqa: B023
    print(f"ratio to the bare server per CPU-second: {found.ratio():.2f} (target {floor})")
    print(f"per CPU-second: ours {median(found.ours, Burst.per_cpu_second):.0f}, "
          f"bare {median(found.limit, Burst.per_cpu_second):.0f}")  # fmt: skip
    print(f"CPU of the node for one message: {cost:.2f} ms (target {most_ms})")
    print(f"messages/s: {median(found.ours, Burst.per_second):.0f}; latency p50 {p50:.0f} ms, p99 {p99:.0f} ms")
