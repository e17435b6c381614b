"""A browser over a real server. A page fails its test by anything that it complains of, by what its content policy
refuses, and by any request to another host; what axe finds is complained of too.

Screenshots are kept in the folder that OHMSTEAD_SCREENSHOTS names, if it does, for people to look at.
"""

import os
from collections.abc import AsyncIterator, Awaitable, Callable
from importlib.resources import files
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Browser, ConsoleMessage, Page, Request, async_playwright

AXE = (files("axe_playwright_python") / "axe.min.js").read_text()
EXECUTABLE = os.environ.get("CHROMIUM", "/usr/bin/chromium")
NARROW, WIDE = {"width": 360, "height": 780}, {"width": 1280, "height": 900}
_ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip

OpenPage = Callable[..., Awaitable["Watched"]]


class Watched:
    """A page, and everything it did that it should not."""

    def __init__(self, page: Page, base: str, name: str) -> None:
        self.page, self.base = page, base
        self.complaints: list[str] = []
        self._name, self._host = name, urlsplit(base).netloc
        page.on("console", self._said)
        page.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))
        page.on("request", self._asked)

    async def go(self, path: str) -> None:
        """Open a path of the server."""
        await self.page.goto(self.base + path)

    async def look(self, name: str) -> None:
        """Check the page as it now is by axe, and keep a picture of it."""
        found = await self.page.evaluate(f"{AXE}; axe.run()")
        self.complaints += [f"axe: {one['id']}: {one['nodes'][0]['html']}" for one in found["violations"]]
        if folder := os.environ.get("OHMSTEAD_SCREENSHOTS"):
            width = (self.page.viewport_size or WIDE)["width"]
            path = Path(folder) / f"{self._name}-{name}-{width}.png"
            await self.page.screenshot(path=path, full_page=True)

    def _said(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(f"console: {message.text}")

    def _asked(self, request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme in ("http", "https", "ws", "wss") and address.netloc != self._host:
            self.complaints.append(f"asked another host: {request.url}")


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as play:
        started = await play.chromium.launch(executable_path=EXECUTABLE, args=_ARGUMENTS)
        yield started
        await started.close()


@pytest.fixture
async def opened(browser: Browser, request: pytest.FixtureRequest) -> AsyncIterator[OpenPage]:
    """`await opened(base, viewport=NARROW, locale="de-DE")`: a page of its own, which is to have no complaints."""
    pages: list[Watched] = []

    async def open_page(base: str, **options: object) -> Watched:
        context = await browser.new_context(**{"viewport": WIDE, "locale": "en-GB", **options})  # type: ignore[arg-type]
        context.set_default_timeout(10_000)
        pages.append(Watched(await context.new_page(), base, request.node.name.partition("[")[0]))
        return pages[-1]

    yield open_page
    for one in pages:
        await one.page.context.close()
    assert [complaint for one in pages for complaint in one.complaints] == []
