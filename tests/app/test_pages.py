"""What the API's port serves beside the API."""

import re
from datetime import timedelta
from pathlib import Path

from ohmstead.app.system import System
from ohmstead.rooms.notices.transport import Outcome
from tests.client import Client
from tests.given import Given
from tests.rooms.notices.logged import logged


async def test_health_tells_life_from_readiness(api: Client) -> None:
    assert (await api.get("/raw/health/live")).body == {"status": "live"}
    for path in ("/raw/health", "/raw/health/ready"):
        answer = await api.get(path)
        assert (answer.status, answer.body["status"]) == (200, "ready")


async def test_metrics_are_what_prometheus_reads(api: Client) -> None:
    await api.get("/resources/taxes/v2.0")
    answer = await api.text("/metrics")
    assert "ohmstead_request_seconds_count" in answer
    assert "/public-api/resources/taxes/v2.0" in answer


async def test_every_figure_of_load_management_is_explained_and_every_explained_one_is_told(
    api: Client, here: Path
) -> None:
    """What may break the promise has a metric of its own, in both documents."""
    told = set(re.findall(r"^# TYPE (ohmstead_circuit_\w+)", await api.text("/metrics"), re.MULTILINE))
    for document in ("operate.md", "load-management.md"):
        explained = set(re.findall(r"ohmstead_circuit_\w+", (here / "docs" / document).read_text()))
        assert explained | {"ohmstead_circuit_overloaded_seconds_total"} == told, document


async def test_how_notifications_fare(api: Client, system: System, given: Given, here: Path) -> None:
    told = await api.text("/metrics")
    names = set(re.findall(r"^# TYPE (ohmstead_notices_\w+) ", told, re.MULTILINE))
    assert {name for name in names if not name.endswith("_created")} == set(
        re.findall(r"ohmstead_notices_\w+", (here / "docs/operate.md").read_text())
    )
    assert 'ohmstead_notices_pending{via="kafka"} 0.0' in told
    its = (await given.subscription("http://127.0.0.1:1/", "evse.changed"))["id"]
    await logged(system, its, due_at=system.clock.now() - timedelta(seconds=90))
    await logged(system, its, status="failed", due_at=None)
    system.metrics.notices.attempted("webhook", Outcome(error="HTTP 500", status=500, latency_ms=70))
    system.metrics.notices.attempted("webhook", Outcome(status=202, latency_ms=7))
    told = await api.text("/metrics")
    for part in (
        'pending{via="webhook"} 1.0', 'failed{via="webhook"} 1.0', 'lag_seconds{via="webhook"} 9',
        'attempts_total{outcome="failed",via="webhook"} 1.0', 'attempts_total{outcome="delivered",via="webhook"} 1.0',
        'attempt_seconds_bucket{le="0.05",via="webhook"} 1.0', 'attempt_seconds_sum{via="webhook"} 0.077',
    ):  # fmt: skip
        assert f"ohmstead_notices_{part}" in told


async def test_the_document_and_its_page_are_served(api: Client) -> None:
    document = (await api.get("/raw/openapi.json")).body
    assert document["openapi"].startswith("3.1")
    assert "/public-api/resources/circuits/v2.0" in document["paths"]
    page = await api.text("/")
    assert "<html" in page
    for name in ("docs.css", "docs.js"):
        assert name in page
        assert await api.text(f"/docs/{name}")
    assert (await api.get("/raw/docs/nothing.js")).status == 404


async def test_the_page_may_load_nothing_but_its_own_and_stand_in_no_frame(api: Client) -> None:
    for name in ("", "/index.html", "/docs.js", "/docs.css"):
        async with api._session.get(f"{api.base}/docs{name}") as reply:
            parts = reply.headers["Content-Security-Policy"].split("; ")
            policy = {word: sources for word, _, sources in (part.partition(" ") for part in parts)}
            assert {policy[word] for word in ("script-src", "style-src", "connect-src")} == {"'self'"}
            assert {policy[word] for word in ("default-src", "base-uri", "frame-ancestors")} == {"'none'"}
            assert "unsafe" not in reply.headers["Content-Security-Policy"]
            assert (reply.headers["X-Content-Type-Options"], reply.headers["X-Frame-Options"]) == ("nosniff", "DENY")
