"""Metrics for Prometheus: requests, messages of charge points, and how load management fares."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


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
        self.frames = Counter(
            "ohmstead_ocpp_frames_total", "OCPP frames by direction and action.", ("direction", "action"),
            registry=self.registry,
        )  # fmt: skip
        self.stations = Gauge(
            "ohmstead_charge_points_connected", "Charge points with a socket.", registry=self.registry
        )
        self.overcommitted = Gauge(
            "ohmstead_circuit_overcommitted_amperes", "A that may be drawn above a circuit's limit.", ("circuit",),
            registry=self.registry,
        )  # fmt: skip
        self.outbox = Gauge("ohmstead_outbox_waiting", "Facts not told yet.", registry=self.registry)

    def request(self, operation: str, method: str, status: int, seconds: float) -> None:
        """An API request was answered."""
        self.requests.labels(method, operation, str(status)).observe(seconds)

    def page(self) -> bytes:
        """The text Prometheus reads."""
        return generate_latest(self.registry)
