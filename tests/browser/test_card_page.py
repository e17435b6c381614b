"""The card page of the embedded gateway in a browser: a card is entered, refused, confirmed, stored."""

import pytest
from playwright.async_api import Page, expect

from ohmstead.app.system import System
from ohmstead.rooms.billing.gateways.gateway import Setup, gateways
from tests.browser.conftest import NARROW, WIDE, OpenPage
from tests.rooms.billing.gateway_contract import euros, key


async def begun(return_url: str | None = "/docs/?of=card") -> Setup:
    return await gateways.current.current.begin_setup(key(), return_url, euros("25.00"), "card")


async def enter(page: Page, number: str, expiry: str = "12 / 49", cvc: str = "123") -> None:
    await page.locator("#number").fill(number)
    await page.locator("#expiry").fill(expiry)
    await page.locator("#cvc").fill(cvc)
    await page.keyboard.press("Enter")


@pytest.mark.parametrize("size", [NARROW, WIDE], ids=["narrow", "wide"])
@pytest.mark.parametrize(
    ("scheme", "language", "title", "amount"),
    [("light", "en-GB", "Enter a card", "€25.00"), ("dark", "de-DE", "Karte eingeben", "25,00\u00a0€"),
     ("light", "fr-FR", "Saisir une carte", "25,00\u00a0€")],
)  # fmt: skip
async def test_from_a_wrong_card_to_a_stored_one(
    system: System, running: tuple[System, str], opened: OpenPage, size: dict[str, int], scheme: str, language: str,
    title: str, amount: str,
) -> None:  # fmt: skip
    setup = await begun()
    there = await opened(running[1], viewport=size, color_scheme=scheme, locale=language)
    page, name = there.page, f"{language[:2]}-{scheme}"
    await there.go(f"/pay/{setup.reference}")
    await expect(page.get_by_role("heading", level=1)).to_have_text(title)
    await expect(page.locator("#amount")).to_have_text(amount)
    await there.look(f"{name}-1-open")
    await page.locator("summary").click()
    await enter(page, "4000 0000 0000 0002", "13 / 49", "12")
    await expect(page.locator("#expiry-wrong")).to_be_visible()
    await expect(page.locator("#cvc-wrong")).to_be_visible()
    await expect(page.locator("#number-wrong")).to_be_hidden()
    await expect(page.locator("#expiry")).to_be_focused()
    await there.look(f"{name}-2-wrong")
    await enter(page, "4000000000000002")
    await expect(page.locator('[data-reason="card_declined"]')).to_be_visible()
    await expect(page.locator("#number")).to_be_focused()
    await there.look(f"{name}-3-declined")
    await enter(page, "4000002500003155")
    await expect(page.locator("#confirm")).to_be_visible()
    await there.look(f"{name}-4-bank")
    await page.locator("#confirm").click()
    await page.wait_for_url(f"**/docs/?of=card&setup={setup.reference}")
    assert await gateways.current.current.finish_setup(setup.reference)
    assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


async def test_without_an_address_to_go_to_it_says_that_it_is_done(
    system: System, running: tuple[System, str], opened: OpenPage
) -> None:
    setup = await begun(None)
    there = await opened(running[1], viewport=NARROW)
    await there.go(f"/pay/{setup.reference}")
    await enter(there.page, "378282246310005", "1249", "1234")
    await expect(there.page.locator("#stored h1")).to_be_focused()
    await expect(there.page.locator("#stored")).to_contain_text("American Express •••• 0005")
    await expect(there.page.locator("#close")).to_be_visible()
    await there.look("stored")
    await there.go("/pay/es_nobody?lang=de")
    await expect(there.page.get_by_role("heading")).to_have_text("Hier ist nichts zu bezahlen")
    await there.look("unknown")
    there.complaints.clear()  # that an answer is a 404 is told on the console


async def test_by_the_keyboard_alone(system: System, running: tuple[System, str], opened: OpenPage) -> None:
    setup = await begun(None)
    page = (there := await opened(running[1])).page
    await there.go(f"/pay/{setup.reference}?lang=de")
    await expect(page.locator("#number")).to_be_focused()
    for text in ("4000002500003155", "12/49", "123"):
        await page.keyboard.type(text)
        await page.keyboard.press("Tab")
    assert await page.locator("#number").input_value() == "4000 0025 0000 3155"
    await expect(page.locator("#store")).to_be_focused()
    await page.keyboard.press("Space")
    await expect(page.locator("#challenged h1")).to_be_focused()
    await page.keyboard.press("Tab")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await expect(page.locator('[data-reason="authentication_failed"]')).to_be_visible()
    await expect(page.locator("#number")).to_be_focused()
