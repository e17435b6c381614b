"""The card page of the embedded gateway: what it is told, what may be entered, and where it leads."""

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text, update

from ohmstead.app.system import System
from ohmstead.kit.db import metadata
from ohmstead.rooms.billing.gateways.embedded.known_cards import KNOWN_CARDS
from ohmstead.rooms.billing.gateways.embedded.tables import embedded_setup
from ohmstead.rooms.billing.gateways.gateway import Gateway, Refused, Setup, gateways
from ohmstead.rooms.operator import settings
from tests.client import Answer, Client
from tests.rooms.billing.gateway_contract import RETURN, euros, key

ENTRY = {"number": "4242 4242 4242 4242", "expMonth": 12, "expYear": 2049, "cvc": "123"}
REAL = "4539148803436467"
"""A number that a bank could have given out: its check digit is right."""


@pytest.fixture
async def nobody(api: Client) -> Any:
    """Who has no token."""
    client = Client(api.base, None)
    yield client
    await client.close()


@pytest.fixture
def provider(system: System) -> Gateway:
    return gateways.current.current


def at(setup: Setup, part: str = "") -> str:
    return f"/internal/embedded-gateway/v1.0/setups/{setup.reference}{part}"


async def begun(provider: Gateway, return_url: str | None = RETURN, amount: str | None = "25.00") -> Setup:
    return await provider.begin_setup(key(), return_url, euros(amount) if amount else None, "card")


async def entered(nobody: Client, setup: Setup, number: str, **fields: Any) -> Answer:
    return await nobody.post(at(setup, "/card"), ENTRY | {"number": number} | fields)


async def test_what_is_to_be_entered(system: System, nobody: Client, provider: Gateway) -> None:
    setup = await begun(provider)
    async with system.database.begin() as tx:
        await settings.put(tx, "adHocCharging", operatorName="Ohm & Watt")
    assert setup.redirect_url == f"/pay/{setup.reference}"
    assert setup.success_url == f"{RETURN}?setup={setup.reference}"
    assert (await nobody.get(at(setup))).body == {
        "state": "open", "reason": None, "amount": 25, "currency": "EUR", "operator": "Ohm & Watt", "card": None,
        "returnUrl": setup.success_url,
    }  # fmt: skip
    assert (await nobody.get(at(Setup(reference="es_nobody")))).status == 404


async def test_a_card_is_entered_once(nobody: Client, provider: Gateway) -> None:
    setup = await begun(provider, return_url=None, amount=None)
    assert setup.success_url == f"/pay/{setup.reference}/stored"
    answer = await nobody.post(at(setup, "/card"), ENTRY)
    assert (answer.status, answer.body["state"]) == (200, "stored")
    assert answer.body["card"] == {"brand": "visa", "last4": "4242"}
    assert (await nobody.post(at(setup, "/card"), ENTRY)).status == 409
    card = await provider.finish_setup(setup.reference)
    assert card
    assert (card.brand, card.last4, card.exp_month, card.exp_year) == ("visa", "4242", 12, 2049)


@pytest.mark.parametrize(
    ("number", "cvc", "brand"),
    [
        ("5555-5555-5555-4444", "123", "mastercard"), ("378282246310005", "1234", "amex"),
        ("6759649826438453", "000", "maestro"),
    ],
)  # fmt: skip
async def test_brands(nobody: Client, provider: Gateway, number: str, cvc: str, brand: str) -> None:
    answer = await entered(nobody, await begun(provider), number, cvc=cvc)
    assert answer.body["card"] == {"brand": brand, "last4": number[-4:]}


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"number": REAL}, {"number"}), ({"number": ""}, {"number"}), ({"number": "4" * 41}, {"number"}),
        ({"expYear": 2020}, {"expMonth"}), ({"expMonth": 13}, {"expMonth"}), ({"cvc": "12"}, {"cvc"}),
        ({"cvc": "1234"}, {"cvc"}), ({"number": "378282246310005"}, {"cvc"}), ({"cvc": "１２３"}, {"cvc"}),
        ({"number": REAL, "expYear": 2020, "cvc": ""}, {"number", "expMonth", "cvc"}),
    ],
)  # fmt: skip
async def test_what_is_wrong_is_said_at_its_field(
    nobody: Client, provider: Gateway, fields: dict[str, Any], wrong: set[str]
) -> None:
    setup = await begun(provider)
    answer = await nobody.post(at(setup, "/card"), ENTRY | fields)
    assert (answer.status, answer.body["errors"].keys()) == (422, wrong)
    assert (await nobody.get(at(setup))).body["state"] == "open"


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        ("4000000000000002", "card_declined"), ("4000000000009995", "insufficient_funds"),
        ("4000000000000069", "expired_card"),
    ],
)  # fmt: skip
async def test_after_a_card_that_the_bank_refuses_another_may_be_entered(
    nobody: Client, provider: Gateway, number: str, reason: str
) -> None:
    setup = await begun(provider)
    answer = await entered(nobody, setup, number)
    assert (answer.status, answer.body["state"], answer.body["reason"]) == (200, "open", reason)
    assert await provider.finish_setup(setup.reference) is None
    assert (await nobody.post(at(setup, "/card"), ENTRY)).body["reason"] is None
    assert await provider.finish_setup(setup.reference)


async def test_five_refused_cards_are_enough(nobody: Client, provider: Gateway) -> None:
    setup = await begun(provider)
    states = [(await entered(nobody, setup, "4000000000000002")).body["state"] for _ in range(5)]
    assert states == ["open"] * 4 + ["closed"]
    assert (await nobody.post(at(setup, "/card"), ENTRY)).status == 409
    with pytest.raises(Refused, match="card_declined"):
        await provider.finish_setup(setup.reference)


async def test_a_set_up_lasts_a_day(system: System, nobody: Client, provider: Gateway) -> None:
    setup = await begun(provider)
    async with system.database.begin() as tx:
        past = embedded_setup.c.expires_at - timedelta(days=1)
        await tx.run(update(embedded_setup).values(expires_at=past))
    assert {name: (await nobody.get(at(setup))).body[name] for name in ("state", "reason")} == {
        "state": "closed", "reason": "expired",
    }  # fmt: skip
    assert (await nobody.post(at(setup, "/card"), ENTRY)).status == 409
    with pytest.raises(Refused, match="expired"):
        await provider.finish_setup(setup.reference)


async def test_the_bank_wants_it_confirmed(system: System, nobody: Client, provider: Gateway) -> None:
    setup = await begun(provider)
    assert (await nobody.post(at(setup, "/challenge"), {"confirmed": True})).status == 409
    for _ in range(2):
        assert (await entered(nobody, setup, "4000002500003155")).body["state"] == "challenged"
        assert await provider.finish_setup(setup.reference) is None
        refused = await nobody.post(at(setup, "/challenge"), {"confirmed": False})
        assert (refused.body["state"], refused.body["reason"]) == ("open", "authentication_failed")
    await entered(nobody, setup, "4000002500003155")
    stored = await nobody.post(at(setup, "/challenge"), {"confirmed": True})
    assert (stored.body["state"], stored.body["card"]["last4"]) == ("stored", "3155")
    assert await provider.finish_setup(setup.reference)
    async with system.database.read() as tx:
        assert await tx.value(text("SELECT count(*) FROM embedded_card")) == 1


async def test_no_other_number_is_kept_anywhere_and_of_a_test_number_four_digits(
    system: System, nobody: Client, provider: Gateway, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture
) -> None:
    setup, broken = await begun(provider), f'{{"number": "{REAL}"'.encode()
    answers = [
        await entered(nobody, setup, REAL),
        await nobody.post(at(setup, "/card"), {"number": int(REAL)} | {"cvc": REAL, "expYear": int(REAL)}),
        await nobody.request("POST", at(setup, "/card"), data=broken, headers={"Content-Type": "application/json"}),
        await nobody.post(at(setup, "/card"), {"number": [REAL], REAL: REAL}),
        await entered(nobody, setup, "4000002500003155"),
    ]
    assert [answer.status for answer in answers] == [422, 422, 400, 422, 200]
    told = "".join(str(answer.body) for answer in answers) + caplog.text + "".join(capsys.readouterr())
    async with system.database.read() as tx:
        for name in metadata.tables:
            told += str(await tx.value(text(f"SELECT CAST(json_agg(one) AS text) FROM {name} AS one")))
    for number in (REAL, "4000002500003155"):
        assert number not in told
        assert number[:12] not in told
    assert "POST Card set-up / Enter a card" in told, "the audit was read"


def test_all_numbers_have_their_check_digit_and_are_documented(here: Any) -> None:
    documented = (here / "docs/billing-test-cards.md").read_text().replace(" ", "")
    for number, card in KNOWN_CARDS.items():
        digits = [int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(number))]
        assert sum(digit - 9 * (digit > 9) for digit in digits) % 10 == 0, number
        assert number in documented
        assert card.cvc_digits == 4 if card.brand == "amex" else 3


@pytest.mark.parametrize("url", ["javascript:alert(1)", "//a.example/", "data:text/html,x", "back", "https:/x"])
async def test_the_page_leads_back_to_addresses_only(provider: Gateway, url: str) -> None:
    with pytest.raises(Refused):
        await begun(provider, url)


async def test_the_reference_goes_with_what_the_address_holds(provider: Gateway) -> None:
    setup = await begun(provider, "/drive/abc?lang=de#now")
    assert setup.success_url == f"/drive/abc?lang=de&setup={setup.reference}#now"


async def test_what_it_was_asked_for_and_told(system: System, api: Client, provider: Gateway) -> None:
    setup = await begun(provider)
    await entered(api, setup, "4000000000006017")
    card = await provider.finish_setup(setup.reference)
    assert card
    held = await provider.authorize("7-authorize", card.token, euros("20.00"), "Charge 7")
    assert held.reference
    for _ in range(3):
        with pytest.raises(Exception, match="did not answer"):
            await provider.capture("7-capture", held.reference, euros("12.40"))
    [payment] = (await api.get("/internal/embedded-gateway/v1.0/payments")).data
    assert {name: payment[name] for name in ("state", "amount", "authorized", "captured", "last4", "description")} == {
        "state": "captured", "amount": 20, "authorized": 20, "captured": 12.4, "last4": "6017",
        "description": "Charge 7",
    }  # fmt: skip
    assert [(one["key"], one["step"], one["amount"], one["times"]) for one in payment["calls"]] == [
        ("7-authorize", "authorize", 20, 1), ("7-capture", "capture", 12.4, 3),
    ]  # fmt: skip
    hold, take = payment["events"]
    assert (hold["type"], take["type"], take["dueAt"]) == ("payment.authorized", "payment.captured", None)
    resend = "/internal/embedded-gateway/v1.0/events/{}/resend"
    assert (await api.post(resend.format(take["id"]))).status == 202
    [payment] = (await api.get("/internal/embedded-gateway/v1.0/payments")).data
    assert payment["events"][1]["dueAt"] is not None
    assert (await api.post(resend.format(10**6))).status == 404


@pytest.mark.parametrize(
    ("languages", "query", "language", "word"),
    [
        ("de-AT,en;q=0.5", "", "de", "Kartennummer"), ("fr", "", "fr", "Numéro de carte"),
        ("it", "", "en", "Card number"), ("fr", "lang=de", "de", "Kartennummer"),
    ],
)  # fmt: skip
async def test_the_page_speaks_the_language_of_who_looks(
    nobody: Client, provider: Gateway, languages: str, query: str, language: str, word: str
) -> None:
    setup = await begun(provider)
    page = f"{nobody.base}/pay/{setup.reference}?{query}"
    async with nobody._session.get(page, headers={"Accept-Language": languages}) as reply:
        body = await reply.text()
        assert (reply.status, reply.headers["Cache-Control"]) == (200, "no-store")
        assert f'<html lang="{language}">' in body
        assert word in body
        policy = reply.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy


async def test_a_page_that_is_not_there(nobody: Client, provider: Gateway) -> None:
    for path in ("es_nobody", "es_nobody/stored", "%00"):
        async with nobody._session.get(f"{nobody.base}/pay/{path}", headers={"Accept-Language": "de"}) as reply:
            assert reply.status == 404
            assert "nichts zu bezahlen" in await reply.text()
    for name in ("index.html", "texts.json", "nothing.js"):
        async with nobody._session.get(f"{nobody.base}/pay/files/{name}") as reply:
            assert reply.status == 404


def test_every_text_is_in_every_language_and_used(here: Any) -> None:
    folder = here / "src/ohmstead/web/pay"
    pages = "".join((folder / name).read_text() for name in ("index.html", "unknown.html"))
    texts = json.loads((folder / "texts.json").read_text())
    assert {*re.findall(r"\$(\w+)", pages)} - {"lang"} == texts.keys()
    assert all(text.keys() == {"en", "de", "fr"} for text in texts.values())
