"""What the API's port serves beside the API."""

import re
from pathlib import Path

from tests.client import Client


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
