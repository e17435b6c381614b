"""Metrics for Prometheus: requests, messages of charge points, and how load management and notifications fare."""

from collections.abc import Callable, Iterator, Mapping
from functools import cache

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from ohmstead.kit.clock import SetClock
from ohmstead.rooms.notices.backlog import Backlog
from ohmstead.rooms.notices.transport import Outcome
from ohmstead.rooms.power.management.figures import Figures

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


MOST_LABELS = 300
WAYS, NOTHING = ("webhook", "kafka"), Backlog()


class Frames(Collector):
    """Counts OCPP frames: bare numbers until somebody scrapes, for there are thousands a second."""

    def __init__(self) -> None:
        self._counts: dict[tuple[str, str], int] = {}

    def count(self, direction: str, action: str | None, frames: int) -> None:
        """Frames came from or went to charge points; what stations invent beyond 300 names is counted as one."""
        labels = (direction, action or "")
        if labels not in self._counts and len(self._counts) >= MOST_LABELS:
            labels = (direction, "other")
        self._counts[labels] = self._counts.get(labels, 0) + frames

    def collect(self) -> Iterator[CounterMetricFamily]:
        """The counts as Prometheus wants them."""
        family = CounterMetricFamily(
            "ohmstead_ocpp_frames", "OCPP frames by direction and action.", labels=("direction", "action")
        )
        for labels, count in self._counts.items():
            family.add_metric(labels, count)
        yield family


_GAUGES: dict[str, tuple[str, Callable[[Figures], float]]] = {
    "overcommitted_amperes": ("A that may be drawn above a limit.", lambda tree: tree.overcommitted),
    "overloaded_amperes": ("A measured above a limit for 10 s or more.", lambda tree: tree.overloaded),
    "evses_unknown": ("EVSEs that took no limit yet.", lambda tree: tree.exempt["unknown"]),
    "evses_forgot": ("EVSEs that came back and took no limit since.", lambda tree: tree.exempt["forgot"]),
    "evses_above": ("EVSEs that draw more than they accepted.", lambda tree: tree.exempt["above"]),
    "evses_disobeys": ("EVSEs that were found not to obey.", lambda tree: tree.exempt["disobeys"]),
    "evses_refuses": ("EVSEs that refused three limits in a row.", lambda tree: tree.exempt["refuses"]),
    "evses_empty": ("EVSEs whose rating would be reserved, were somebody there.", lambda tree: tree.exempt["empty"]),
    "evses_set_apart": ("EVSEs that cannot be reckoned with as they are wired.", lambda tree: tree.set_apart),
    "evses_without_limits": (
        "EVSEs out of reach that drop their limits then.", lambda tree: tree.exempt["without_limits"],
    ),
}  # fmt: skip
_COUNTERS: dict[str, tuple[str, Callable[[Figures], float]]] = {
    "overloaded_seconds": ("s with more measured than a limit.", lambda tree: tree.overloaded_seconds),
    "limit_fell": ("Times the limit fell below what was out.", lambda tree: tree.counts.limit_fell),
    "slow_reactions": ("Times a draw came down later than reckoned.", lambda tree: tree.counts.slow_reactions),
    "rounded_up": ("Times a station turned out to round up.", lambda tree: tree.counts.rounded_up),
}


class Steering(Collector):
    """How load management fares, for each circuit tree that is steered here, by its root."""

    def __init__(self, figures: Callable[[], Mapping[int, Figures]]) -> None:
        self._figures = figures

    def collect(self) -> Iterator[Metric]:
        """The figures of the moment; where a figure is an exception to the promise it has a name of its own."""
        trees = self._figures()
        for name, (text, value) in _GAUGES.items():
            yield self._filled(GaugeMetricFamily(f"ohmstead_circuit_{name}", text, labels=("circuit",)), trees, value)
        for name, (text, value) in _COUNTERS.items():
            yield self._filled(CounterMetricFamily(f"ohmstead_circuit_{name}", text, labels=("circuit",)), trees, value)

    def _filled(
        self, family: GaugeMetricFamily | CounterMetricFamily, trees: Mapping[int, Figures],
        value: Callable[[Figures], float],
    ) -> Metric:  # fmt: skip
        for root, tree in trees.items():
            family.add_metric((str(root),), value(tree))
        return family


class Notices:
    """How notifications fare: what this process sent, and what waits in the database for all of them."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._attempts = Counter(
            "ohmstead_notices_attempts", "Attempts to deliver a notification, by way and by how they ended.",
            ("via", "outcome"), registry=registry,
        )  # fmt: skip
        self._seconds = Histogram(
            "ohmstead_notices_attempt_seconds", "Time until a subscriber answered, or did not.", ("via",),
            registry=registry, buckets=(0.01, 0.05, 0.2, 1, 5, 15),
        )  # fmt: skip
        self._of, self._took = cache(self._attempts.labels), cache(self._seconds.labels)  # which look up under a lock
        self._events = Counter("ohmstead_notices_events", "Events that somebody is told of.", registry=registry)
        self._fan_out = Counter("ohmstead_notices_deliveries", "Deliveries made of events.", registry=registry)
        waiting = {
            "lag_seconds": "Since the oldest delivery was due.",
            "pending": "Deliveries that are to come.",
            "failed": "Deliveries that were given up.",
        }
        self._waiting = {
            name: Gauge(f"ohmstead_notices_{name}", text, ("via",), registry=registry) for name, text in waiting.items()
        }

    def attempted(self, via: str, outcome: Outcome) -> None:
        """A subscriber got a notification, or did not."""
        self._of(via, "failed" if outcome.error else "delivered").inc()
        self._took(via).observe(outcome.latency_ms / 1000)

    def made(self, events: int, deliveries: int) -> None:
        """Facts became events, and these deliveries."""
        self._events.inc(events)
        self._fan_out.inc(deliveries)

    def waiting(self, backlog: Mapping[str, Backlog]) -> None:
        """What is in the database, by way."""
        for via in WAYS:
            one = backlog.get(via, NOTHING)
            self._waiting["lag_seconds"].labels(via).set(one.lag_s)
            self._waiting["pending"].labels(via).set(one.pending)
            self._waiting["failed"].labels(via).set(one.failed)


class Metrics:
    """The figures of one process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Histogram(
            "ohmstead_request_seconds",
            "Time to answer an API request.",
            ("method", "operation", "status"),
            registry=self.registry,
            buckets=(0.005, 0.02, 0.1, 0.5, 2, 10),
        )
        self.frames = Frames()
        self.registry.register(self.frames)
        self.stations = Gauge(
            "ohmstead_charge_points_connected", "Charge points with a socket.", registry=self.registry
        )
        self.outbox = Gauge("ohmstead_outbox_waiting", "Facts not told yet.", registry=self.registry)
        self.notices = Notices(self.registry)
        self.api_connections = Gauge(
            "ohmstead_api_connections", "Connections to the API's port.", registry=self.registry
        )
        self._refused = Counter(
            "ohmstead_api_connections_refused", "Connections to the API's port that were closed, by reason.",
            ("reason",), registry=self.registry,
        )  # fmt: skip

        self._prices = Counter("ohmstead_prices_imported", "Prices that were imported.", registry=self.registry)
        self._price_faults = Counter(
            "ohmstead_price_faults", "What could not be read of imported prices.", registry=self.registry
        )

    def prices_imported(self, prices: int, faults: int) -> None:
        """Prices were imported, and others could not be."""
        self._prices.inc(prices)
        self._price_faults.inc(faults)

    def refused(self, reason: str) -> None:
        """A connection to the API's port was closed before it got an answer."""
        self._refused.labels(reason).inc()

    def request(self, operation: str, method: str, status: int, seconds: float) -> None:
        """An API request was answered."""
        self.requests.labels(method, operation, str(status)).observe(seconds)

    def telling(self, clock: SetClock) -> None:
        """What time it is by a clock that was set."""
        gauge = Gauge("ohmstead_clock_timestamp_seconds", "The time by the clock that was set.", registry=self.registry)
        gauge.set_function(lambda: clock.now().timestamp())

    def steering(self, figures: Callable[[], Mapping[int, Figures]]) -> None:
        """Where the figures of load management are found."""
        self.registry.register(Steering(figures))

    def page(self) -> bytes:
        """The text Prometheus reads."""
        return generate_latest(self.registry)
