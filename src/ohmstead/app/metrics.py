"""Metrics for Prometheus: requests, messages of charge points, and how load management fares."""

from collections.abc import Iterator

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily
from prometheus_client.registry import Collector

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


MOST_LABELS = 300


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
        self.overcommitted = Gauge(
            "ohmstead_circuit_overcommitted_amperes", "A that may be drawn above a circuit's limit.", ("circuit",),
            registry=self.registry,
        )  # fmt: skip
        self.outbox = Gauge("ohmstead_outbox_waiting", "Facts not told yet.", registry=self.registry)

        self.api_connections = Gauge(
            "ohmstead_api_connections", "Connections to the API's port.", registry=self.registry
        )
        self._refused = Counter(
            "ohmstead_api_connections_refused", "Connections to the API's port that were closed, by reason.",
            ("reason",), registry=self.registry,
        )  # fmt: skip

    def refused(self, reason: str) -> None:
        """A connection to the API's port was closed before it got an answer."""
        self._refused.labels(reason).inc()

    def request(self, operation: str, method: str, status: int, seconds: float) -> None:
        """An API request was answered."""
        self.requests.labels(method, operation, str(status)).observe(seconds)

    def page(self) -> bytes:
        """The text Prometheus reads."""
        return generate_latest(self.registry)
