"""What the label of an EVSE leads to: the place, its state, and the tariff in words. Nothing but the code opens it."""

from typing import Any

import pytest
from sqlalchemy import select, update

from ohmstead.app.system import System
from ohmstead.kit.db import Row
from ohmstead.rooms.billing.drive.codes import code_of
from ohmstead.rooms.billing.gateways.embedded.tables import embedded_setup
from ohmstead.rooms.billing.gateways.gateway import GatewayError, Refused, gateways
from ohmstead.rooms.network.charge_points import charge_point
from ohmstead.rooms.network.evses import evse
from ohmstead.rooms.operator import settings
from tests.client import Client
from tests.given import Given
from tests.rooms.billing.labelled import code, priced

CODES = "/internal/drive/v1.0/codes"


async def _stands(system: System, point: int, hardware_status: str = "available", connected: bool = True) -> None:
    async with system.database.begin() as tx:
        await tx.run(update(charge_point).where(charge_point.c.id == point).values(connected=connected))
        await tx.run(update(evse).where(evse.c.charge_point_id == point).values(hardware_status=hardware_status))


@pytest.fixture
async def stranger(api: Client) -> Any:
    client = Client(api.base, None)
    yield client
    await client.close()


async def test_a_code_tells_a_stranger_all_there_is_to_know_before_a_charge(
    system: System, api: Client, given: Given, stranger: Client
) -> None:  # fmt: skip
    location = await given.location(
        name=[{"locale": "en", "translation": "Town hall"}, {"locale": "de", "translation": "Rathaus"}],
        address=[{"locale": "en", "translation": "Main Street 1"}], city="Graz", postCode="8010",
    )  # fmt: skip
    tax = await given.tax(percentage=19)
    point = await given.charge_point(locationId=location["id"])
    outlet = await priced(given, point)
    await _stands(system, point["id"])
    await api.put("/resources/contact-details/v2.0", {"email": "help@example.org", "phone": "+43 1 234"})
    async with system.database.begin() as tx:
        await settings.put(tx, "defaultTax", id=tax["id"])
        await settings.put(tx, "adHocCharging", operatorName="Stadtwerke", termsUrl="https://example.org/terms")
    path = f"{CODES}/{await code(system, outlet['id'])}"
    told = (await stranger.get(path, "language=de")).body
    assert told == {
        "language": "de",
        "station": {
            "name": "Rathaus", "address": "Main Street 1, 8010 Graz", "physicalReference": "A-07",
            "plugs": [{"type": "type2", "format": "socket"}], "currentType": "ac", "maxPower": 22000,
            "state": "available",
        },
        "tariff": {
            "currency": "EUR", "taxPercentage": 19, "hold": 30, "learnMoreUrl": None,
            "prices": [
                {"about": "energy", "text": "0,59\xa0€ je kWh"},
                {"about": "time", "text": "0,60\xa0€ je angefangene 15 Minuten"},
                {"about": "session", "text": "1,00\xa0€ je Ladevorgang"},
                {"about": "other", "text": "ein Ladevorgang kostet mindestens 2,00\xa0€"},
                {"about": "idle", "text": "0,20\xa0€ je Minute"},
                {"about": "idle", "text": "die ersten 10 Minuten nach dem Laden kosten nichts"},
            ],
        },
        "operator": {
            "name": "Stadtwerke", "phone": "+43 1 234", "email": "help@example.org",
            "termsUrl": "https://example.org/terms",
        },
    }  # fmt: skip
    french = await stranger.request("GET", path, headers={"Accept-Language": "it, fr-CH;q=0.9, en;q=0.8"})
    assert french.body["tariff"]["prices"][0]["text"] == "0,59\xa0€ par kWh"
    assert (await stranger.get(path, "language=xx")).body["tariff"]["prices"][0]["text"] == "€0.59 per kWh"


async def test_whether_it_is_free_is_told_in_one_word(
    system: System, given: Given, stranger: Client
) -> None:  # fmt: skip
    point = await given.charge_point()
    path = f"{CODES}/{await code(system, (await priced(given, point))['id'])}"
    for hardware, connected, state in (
        ("available", True, "available"), ("preparing", True, "plugged"), ("occupied", True, "plugged"),
        ("charging", True, "inUse"), ("reserved", True, "reserved"), ("faulted", True, "outOfService"),
        ("available", False, "outOfService"),
    ):  # fmt: skip
        await _stands(system, point["id"], hardware, connected)
        assert (await stranger.get(path)).body["station"]["state"] == state


async def test_only_a_code_that_is_in_force_leads_somewhere(
    system: System, given: Given, stranger: Client
) -> None:  # fmt: skip
    outlet = await priced(given, await given.charge_point())
    first = await code(system, outlet["id"])
    assert len(first) == 16
    assert first == await code(system, outlet["id"])
    for wrong in (str(outlet["id"]), "A-07", first.upper(), first[:-1], "%00"):
        assert (await stranger.get(f"{CODES}/{wrong}")).status == 404
    async with system.database.begin() as tx:
        second = await code_of(tx, outlet["id"], replace=True)
    assert ((await stranger.get(f"{CODES}/{first}")).status, (await stranger.get(f"{CODES}/{second}")).status) == (
        404,
        200,
    )
    async with system.database.begin() as tx:
        await settings.put(tx, "features", adHocCharging=False)
    assert (await stranger.get(f"{CODES}/{second}")).status == 404
    assert (await stranger.post(f"{CODES}/{second}/charges", {})).status == 404


async def test_a_charge_point_that_is_not_open_to_all_has_no_page(
    system: System, api: Client, given: Given, stranger: Client
) -> None:  # fmt: skip
    point = await given.charge_point()
    path = f"{CODES}/{await code(system, (await priced(given, point))['id'])}"
    assert (await stranger.get(path)).status == 200
    await api.patch(f"/resources/charge-points/v2.0/{point['id']}", {"type": "private"})
    assert (await stranger.get(path)).status == 404


async def test_where_nobody_without_an_account_charges_it_is_said(
    system: System, api: Client, given: Given, stranger: Client
) -> None:  # fmt: skip
    """A tariff that forbids it, none at all, or one that names no amount which could be held."""
    point = await given.charge_point()
    outlet = await priced(given, point, restrictions={})
    path = f"{CODES}/{await code(system, outlet['id'])}"
    await _stands(system, point["id"])
    assert (await stranger.get(path)).body["tariff"] is None
    assert (await stranger.post(f"{path}/charges", {})).status == 409
    assert await _begun(system) == []
    async with system.database.begin() as tx:
        await settings.put(tx, "billing", authorizeAmount=25)
    assert (await stranger.get(path)).body["tariff"]["hold"] == 25
    for group in (None, (await given.tariff_group((await given.tariff(type="charging not allowed"))["id"]))["id"]):
        await api.patch(f"/resources/charge-points/v2.0/{point['id']}/evses/{outlet['id']}", {"tariffGroupId": group})
        assert (await stranger.get(path)).body["tariff"] is None


async def _begun(system: System) -> list[Row]:
    """The cards that are being entered."""
    async with system.database.read() as tx:
        return await tx.all(select(embedded_setup).order_by(embedded_setup.c.id))


async def test_who_begins_is_led_to_the_providers_page_and_back(
    system: System, given: Given, stranger: Client
) -> None:  # fmt: skip
    point = await given.charge_point()
    its = await code(system, (await priced(given, point))["id"])
    await _stands(system, point["id"], "charging")
    assert (await stranger.post(f"{CODES}/{its}/charges", {})).status == 409
    await _stands(system, point["id"])
    begun = await stranger.post(f"{CODES}/{its}/charges", {"language": "fr"})
    [setup] = await _begun(system)
    key, page = begun.body["key"], f"{stranger.base}/pay/{setup['reference']}"
    assert (begun.status, begun.body["redirectUrl"]) == (201, page)
    assert setup["return_url"] == f"{stranger.base}/drive/{its}?charge={key}&lang=fr"
    assert (setup["amount"], setup["currency"]) == (30, "EUR")
    told = (await stranger.get(f"/internal/drive/v1.0/charges/{key}")).body
    assert (told["state"], told["hold"], told["physicalReference"]) == ("entering", 30, "A-07")
    assert page.endswith(told["redirectUrl"])
    for wrong in (key[:-1], "1", its):
        assert (await stranger.get(f"/internal/drive/v1.0/charges/{wrong}")).status == 404
        for act in ("entered", "stop"):
            assert (await stranger.post(f"/internal/drive/v1.0/{act}", {"charge": wrong})).status == 404


async def test_a_card_that_is_declined_and_a_provider_that_is_away_are_said(
    system: System, given: Given, stranger: Client, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    point = await given.charge_point()
    its = await code(system, (await priced(given, point))["id"])
    await _stands(system, point["id"])

    def fails(patch: pytest.MonkeyPatch, name: str, error: Exception) -> None:
        async def failing(*_: Any) -> None:
            raise error

        patch.setattr(gateways.current.current, name, failing)

    away = GatewayError("no answer")
    with monkeypatch.context() as patch:
        fails(patch, "begin_setup", away)
        assert (await stranger.post(f"{CODES}/{its}/charges", {})).status == 503
    key = (await stranger.post(f"{CODES}/{its}/charges", {})).body["key"]
    path = f"/internal/drive/v1.0/charges/{key}"
    with monkeypatch.context() as patch:
        fails(patch, "finish_setup", away)
        assert (await stranger.post("/internal/drive/v1.0/entered", {"charge": key})).status == 202
        assert (await stranger.get(path)).body["state"] == "entering"
        fails(patch, "finish_setup", Refused("Declined."))
        assert (await stranger.post("/internal/drive/v1.0/entered", {"charge": key})).status == 202
    told = (await stranger.get(path)).body
    assert (told["state"], told["reason"]) == ("failed", "declined")
