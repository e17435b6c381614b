"""The reader of the API document in a browser."""

import pytest
from playwright.async_api import expect

from ohmstead.app.system import System
from tests.browser.conftest import NARROW, WIDE, OpenPage


@pytest.mark.parametrize("size", [NARROW, WIDE], ids=["narrow", "wide"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_an_operation_is_found_and_read(
    running: tuple[System, str], opened: OpenPage, size: dict[str, int], scheme: str
) -> None:
    there = await opened(running[1], viewport=size, color_scheme=scheme)
    await there.go("/docs")
    await expect(there.page.locator("h1").first).to_be_visible()
    await there.look(f"list-{scheme}")
