"""Vouchers and top-up packages as the operator makes them."""

import re
from datetime import timedelta
from typing import Any

import pytest

from ohmstead.app.system import System
from ohmstead.kit.versions import Version
from ohmstead.rooms.billing.balance.top_up_packages import top_up_packages
from ohmstead.rooms.billing.balance.vouchers import vouchers
from ohmstead.rooms.operator import settings
from tests.client import Client
from tests.contract import ResourceContract
from tests.given import Given

PATH, OLD, PACKAGES = "/resources/vouchers/v2.1", "/resources/vouchers/v2.0", "/resources/top-up-packages/v2.0"
TITLE = [{"locale": "en", "translation": "For a friend"}]


class TestVouchers(ResourceContract):
    resource = vouchers
    create = {
        "amount": 25.5, "expireDate": "2099-12-31", "validityPeriod": "6 months", "assignBeforeDate": "2099-01-31",
        "description": "For the opening", "title": TITLE, "prefix": "OHM",
    }  # fmt: skip
    update = {"amount": 25.5, "expireDate": "2098-12-31", "status": "disabled"}
    versions = {"v2.0": {"create": {"amount": 25.5, "expireDate": "2099-12-31", "description": "x"}}}
    ignored = ("prefix",)

    async def body(self, given: Given, version: Version) -> dict[str, Any]:
        await given._a_currency()
        return await super().body(given, version)


class TestTopUpPackages(ResourceContract):
    resource = top_up_packages
    create = {"price": 20, "bonus": 3.5, "enabled": True}
    update = {"price": 25}
    returning = ("enabled",)

    async def body(self, given: Given, version: Version) -> dict[str, Any]:
        await given._a_currency()
        return await super().body(given, version)


async def test_a_voucher_shows_what_it_is_worth(given: Given, api: Client) -> None:
    made = await given.voucher(prefix="ohm")
    assert re.fullmatch("OHM[2-9A-HJKMNP-Z]{12}", made["code"])
    shown = {name: made[name] for name in ("type", "status", "currencyCode", "amount", "remainingAmount")}
    assert shown == {
        "type": "voucher", "status": "enabled", "currencyCode": "EUR", "amount": 25, "remainingAmount": 25,
    }  # fmt: skip
    old = (await api.get(f"{OLD}/{made['id']}")).data
    assert (old["currency"], old["code"]) == ("EUR", made["code"])
    assert {"remainingAmount", "title", "validityPeriod", "currencyCode"}.isdisjoint(old)
    changed = (await api.patch(f"{PATH}/{made['id']}", {"amount": 30, "prefix": "VIP"})).data
    assert (changed["remainingAmount"], changed["code"]) == (30, "VIP" + made["code"][3:])


async def test_codes_are_not_guessed(given: Given) -> None:
    codes = [(await given.voucher())["code"] for _ in range(5)]
    assert len({*codes}) == 5
    assert all(re.fullmatch("[2-9A-HJKMNP-Z]{12}", one) for one in codes)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"amount": 0}, "amount"),
        ({"amount": -1}, "amount"),
        ({"amount": 1.005}, "amount"),
        ({"amount": 5, "prefix": "TOOLONG"}, "prefix"),
        ({"amount": 5, "prefix": "A-B"}, "prefix"),
        ({"amount": 5, "validityPeriod": "2 weeks"}, "validityPeriod"),
        ({"amount": 5, "expireDate": "soon"}, "expireDate"),
    ],
)
async def test_what_is_no_voucher(given: Given, api: Client, body: dict[str, Any], field: str) -> None:
    await given._a_currency()
    answer = await api.post(PATH, body)
    assert (answer.status, answer.body["errors"].keys()) == (422, {field})


async def test_a_day_may_be_written_as_a_moment(given: Given) -> None:
    assert (await given.voucher(expireDate="2099-12-31T10:00:00+02:00"))["expireDate"] == "2099-12-31"


async def test_none_is_made_without_a_currency_or_where_they_are_off(given: Given, api: Client, system: System) -> None:
    assert (await api.post(PATH, {"amount": 5})).body["errors"] == {"amount": ["There is no base currency yet."]}
    await given._a_currency()
    async with system.database.begin() as tx:
        await settings.put(tx, "features", vouchers=False)
    assert (await api.post(PATH, {"amount": 5})).status == 422


async def test_what_was_redeemed_stays_but_for_its_status(given: Given, api: Client) -> None:
    made = await given.voucher(title=TITLE, expireDate="2099-12-31")
    user = (await given.user())["id"]
    assert (await api.post(f"/actions/users/v2.0/{user}/redeem-voucher", {"code": made["code"]})).status == 202
    own = f"{PATH}/{made['id']}"
    same = {"amount": 25, "title": TITLE, "expireDate": "2099-12-31"}
    assert (await api.patch(own, same | {"status": "disabled"})).data["status"] == "disabled"
    other = {"amount": 30, "title": [], "expireDate": None, "prefix": "ABC"}
    answer = await api.patch(own, other)
    assert (answer.status, answer.body["errors"].keys()) == (422, other.keys())
    assert (await api.delete(own)).status == 409
    assert (await api.get(own)).data["remainingAmount"] == 25


async def test_listings_are_filtered(given: Given, api: Client, system: System) -> None:
    early, late = await given.voucher(expireDate="2098-01-01"), await given.voucher(expireDate="2099-01-01")
    user = int((await given.user())["id"])
    await given.balance(user, 7)
    async with system.database.begin() as tx:
        await settings.put(tx, "regional", timeZone="Pacific/Kiritimati")
        zone = await settings.time_zone(tx)
    local = system.clock.now().astimezone(zone)
    for asked, found in (
        ({"userId": str(user)}, 1), ({"type": "api_top_up"}, 1), ({"type": "voucher"}, 2), ({"status": "disabled"}, 0),
        ({"code": late["code"][3:9].lower()}, 1), ({"expireDateAfter": "2098-01-01"}, 2),
        ({"expireDateAfter": "2098-01-02"}, 1), ({"expireDateBefore": "2098-01-01"}, 1),
        ({"createdAt": local.date().isoformat()}, 3),
        ({"createdAt": f"{local.date()}T23:59:00Z"}, 3), ({"createdAt": str(local.date() - timedelta(days=1))}, 0),
        ({"redeemedAfter": "2020-01-01T00:00:00Z"}, 1), ({"redeemedBefore": "2020-01-01T00:00:00Z"}, 0),
    ):  # fmt: skip
        query = "&".join(f"filter[{name}]={value}" for name, value in asked.items())
        assert len((await api.get(f"{PATH}?{query}")).data) == found, asked
        if not {"code", "expireDateAfter", "expireDateBefore"} & asked.keys():
            assert len((await api.get(f"{OLD}?{query}")).data) == found, asked
    assert early["code"] != late["code"]
    for wrong in ("filter[code]=AB", "filter[createdAt]=today", "filter[expireDateAfter]=2026-02-30"):
        assert (await api.get(f"{PATH}?{wrong}")).status == 422


async def test_packages_are_off_until_they_are_enabled(given: Given, api: Client) -> None:
    made = await given.top_up_package(enabled=None)
    own = f"{PACKAGES}/{made['id']}"
    assert made["enabled"] is False
    assert (await api.patch(own, {"enabled": True})).data["enabled"] is True
    assert len((await api.get(f"{PACKAGES}?filter[enabled]=true")).data) == 1
    for wrong in ({"price": 0}, {"price": 1.001}, {"bonus": -1}, {"bonus": 0.001}):
        assert (await api.patch(own, wrong)).body["errors"].keys() == wrong.keys()


@pytest.mark.parametrize(
    ("section", "values"), [("features", {"topUpPackages": False}), ("defaultTax", {"enableMultiTaxSupport": True})]
)
async def test_packages_that_are_switched_off_answer_405(
    given: Given, api: Client, system: System, section: str, values: dict[str, Any]
) -> None:
    await given.tax()
    own = f"{PACKAGES}/{(await given.top_up_package())['id']}"
    async with system.database.begin() as tx:
        await settings.put(tx, section, **values)
    for method, path in (("GET", PACKAGES), ("POST", PACKAGES), ("GET", own), ("PATCH", own), ("DELETE", own)):
        answer = await api.request(method, path, {"price": 1, "bonus": 0} if method in ("POST", "PATCH") else None)
        assert (answer.status, answer.body) == (405, {"message": "Feature disabled for the system"})
