"""A driver without an account, from the label to the receipt: our page and the gateway's in a browser, a simulated
station, everything at work."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from ohmstead.kit.clock import SystemClock
from ohmstead.rooms.billing.drive.codes import code_of
from ohmstead.rooms.operator import settings
from ohmstead.simulator.station import Station
from ohmstead.simulator.vehicle import Vehicle
from tests.browser.conftest import NARROW, WIDE, OpenPage, Watched
from tests.browser.test_card_page import enter
from tests.conftest import Cleaner
from tests.live import Live, live
from tests.rooms.billing.labelled import TARIFF
from tests.smtp_server import read

SPEED = 30.0  # three minutes to plug in are six seconds
GOOD, REFUSED = "4242424242424242", "4000000000000341"


@pytest.fixture
async def garage(dsn: str, cleaner: Cleaner, tmp_path: Path) -> AsyncIterator[Live]:
    async with live(dsn, tmp_path, SystemClock(SPEED)) as found:
        yield found
    await cleaner.clean()


@pytest.fixture
async def station(garage: Live) -> Station:
    """One EVSE with a label, and an operator who says who he is."""
    given = garage.given
    tariff = await given.tariff(**TARIFF)
    group = await given.tariff_group(tariff["id"])
    names = [{"locale": "en", "translation": "Town hall garage"}, {"locale": "de", "translation": "Rathausgarage"}]
    address = [{"locale": "en", "translation": "Main Square 1"}]
    location = await given.location(name=names, address=address, city="Graz", postCode="8010")
    point = await garage.charge_point("BOX-7", locationId=location["id"])
    path = f"/resources/charge-points/v2.0/{point['id']}/evses/{point['evses'][0]['id']}"
    changed = {"tariffGroupId": group["id"], "physicalReference": "A-07", "powerOptions": {"maxPower": 22000}}
    assert (await garage.api.patch(path, changed)).status == 200
    await given.made(f"{path}/connectors", {"type": "type2", "format": "socket"})
    await garage.api.put("/resources/contact-details/v2.0", {"email": "help@example.org", "phone": "+43 316 1234"})
    async with garage.system.database.begin() as tx:
        await settings.put(tx, "defaultTax", id=(await given.tax(percentage=19))["id"])
        await settings.put(tx, "adHocCharging", operatorName="City Energy", termsUrl="https://example.org/terms")
    return await garage.station("BOX-7")


async def arrives(garage: Live, opened: OpenPage, **options: object) -> Watched:
    """Before the station, with the page of its label open."""
    async with garage.system.database.begin() as tx:
        its = await code_of(tx, 1)
    there = await opened(garage.api.base, **options)
    await there.go(f"/drive/{its}")
    await expect(there.page.locator(".label strong")).to_have_text("A-07")
    return there


async def pays(page: Page, number: str) -> None:
    """Enter a card on the gateway's page, and come back."""
    await enter(page, number)
    await page.wait_for_url("**/drive/**")


async def shows(page: Page, title: str) -> None:
    """The page says so, which looks every 5 s and whenever it comes to the front."""
    for _ in range(40):
        if await page.locator("h1", has_text=title).count():
            return
        await page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
        await page.wait_for_timeout(250)
    await expect(page.get_by_role("heading", level=1)).to_have_text(title)


WORDS = {
    "en-GB": ("Pay by card and charge", "Plug in now", "Charging", "Stop charging", "Paid. Thank you!"),
    "de-DE": (
        "Mit Karte zahlen und laden", "Jetzt anstecken", "Es wird geladen", "Laden beenden", "Bezahlt. Vielen Dank!",
    ),
    "fr-FR": (
        "Payer par carte et recharger", "Branchez maintenant", "Recharge en cours", "Arrêter la recharge",
        "Payé. Merci !",
    ),
}  # fmt: skip


RECEIPTS = {
    "en-GB": ("Receipt (PDF)", "Send", "Please check the address.", "It is on its way by e-mail."),
    "de-DE": ("Beleg (PDF)", "Senden", "Bitte prüfen Sie die Adresse.", "Er ist per E-Mail unterwegs."),
    "fr-FR": ("Reçu (PDF)", "Envoyer", "Veuillez vérifier l’adresse.", "Il vous parviendra par e-mail."),
}


async def gets_the_receipt(garage: Live, there: Watched, name: str, language: str) -> None:
    """As a link, and by e-mail, which without a server is a file."""
    link, send, wrong, sent = RECEIPTS[language]
    page = there.page
    while not await page.get_by_role("link", name=link).count():  # it is issued, and its PDF is made
        await page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
        await page.wait_for_timeout(100)
    fetched = await page.request.get(await page.get_by_role("link", name=link).get_attribute("href") or "")
    assert (fetched.status, (await fetched.body())[:5]) == (200, b"%PDF-")
    field = page.locator("#email")
    await field.fill("ada@example")  # which browsers take for an address
    await page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    await there.look(f"{name}-6-receipt")
    refused = len(there.complaints)
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await expect(page.get_by_text(wrong)).to_be_visible()
    await expect(field).to_be_focused()
    await there.look(f"{name}-7-wrong")
    said = [one for one in there.complaints[refused:] if "422" in one]  # the browser's own word on the answer
    assert there.complaints[refused:] == said
    del there.complaints[refused:]
    await field.fill("ada@example.org")
    await page.get_by_role("button", name=send).click()
    await expect(page.locator("#sent")).to_be_focused()
    await expect(page.locator("#sent")).to_have_text(sent)
    await there.look(f"{name}-8-sent")
    folder = garage.system.settings.data_dir / "mail"
    for _ in range(100):
        if found := list(folder.glob("*.eml")):
            break
        await page.wait_for_timeout(50)
    (file,) = read(found[0].read_bytes()).iter_attachments()
    assert file.get_content() == await fetched.body()


@pytest.mark.parametrize(
    ("language", "size", "scheme"), [("en-GB", NARROW, "light"), ("de-DE", NARROW, "dark"), ("fr-FR", WIDE, "light")]
)
async def test_pay_start_stop_captured(
    garage: Live, station: Station, opened: OpenPage, language: str, size: dict[str, int], scheme: str
) -> None:
    pay, plug_in, charging, stop, paid = WORDS[language]
    there = await arrives(garage, opened, viewport=size, locale=language, color_scheme=scheme)
    page, name = there.page, f"{language[:2]}-{scheme}"
    await there.look(f"{name}-1-place")
    await page.get_by_role("button", name=pay).click()
    await page.wait_for_url("**/pay/**")
    await expect(page.locator("#number")).to_be_visible()
    await there.look(f"{name}-2-card")
    await pays(page, GOOD)
    await shows(page, plug_in)
    await there.look(f"{name}-3-plug-in")
    station.plug(1, Vehicle())
    await shows(page, charging)
    await there.look(f"{name}-4-charging")
    await page.get_by_role("button", name=stop).click()
    await shows(page, paid)
    await there.look(f"{name}-5-paid")
    await gets_the_receipt(garage, there, name, language)
    assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert await page.evaluate("document.cookie + localStorage.length + sessionStorage.length") == "00"
    assert "setup=" not in page.url


async def test_a_card_that_is_refused(garage: Live, station: Station, opened: OpenPage) -> None:
    there = await arrives(garage, opened, viewport=NARROW)
    await there.page.get_by_role("button", name=WORDS["en-GB"][0]).click()
    await there.page.wait_for_url("**/pay/**")
    await pays(there.page, REFUSED)
    await shows(there.page, "It did not work")
    await expect(there.page.locator("main")).to_contain_text("Your card was declined.")
    await there.look("refused")
    await there.page.get_by_role("link", name="Back to the start").click()
    await expect(there.page.get_by_role("button", name=WORDS["en-GB"][0])).to_be_visible()


async def test_nobody_plugs_in_and_by_the_keyboard(garage: Live, station: Station, opened: OpenPage) -> None:
    there = await arrives(garage, opened, viewport=WIDE)
    page = there.page
    await page.get_by_role("button", name=WORDS["en-GB"][0]).focus()
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/pay/**")
    await page.go_back()
    await shows(page, "Your card")
    await there.look("entering")
    await page.get_by_role("link", name="Go to the payment page").click()
    await page.wait_for_url("**/pay/**")
    await pays(page, GOOD)
    await shows(page, "Plug in now")
    await shows(page, "Nothing was charged")
    await expect(page.get_by_role("heading", level=1)).to_be_focused()
    await expect(page.locator("main")).to_contain_text("No vehicle was plugged in in time.")
    await there.look("released")
