"""Start checks: what each billing strategy asks of a user before a session begins, through the API and by a tag."""

from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import insert, text, update

from ohmstead.app.system import System
from ohmstead.ocpp.v16.tags import id_tag_info
from ohmstead.ocpp.v201.tokens import id_token_info
from ohmstead.rooms.billing.methods.table import payment_method
from ohmstead.rooms.billing.sessions.table import session_payment
from ohmstead.rooms.billing.start_checks import balance_left
from ohmstead.rooms.billing.transactions.table import payment_transaction
from ohmstead.rooms.charging.paying import Payer, cannot_pay
from ohmstead.rooms.charging.session_table import session
from ohmstead.rooms.operator import settings
from ohmstead.rooms.people.users import ev_user
from tests.given import Given
from tests.rooms.charges import Gateway, Site, site
from tests.rooms.tariff_rows import FREE, tariffs_at

PRICED: dict[str, Any] = {"type": "duration+energy", "pricing": {"pricePerKwh": 0.5}}
ANY = ("payment_method", "payment_method_and_authorization", "minimum_balance", "payment_method_or_minimum_balance")


class Driver:
    """A user with a tag at an EVSE that costs something."""

    def __init__(self, given: Given, here: Site, user_id: int) -> None:
        self.given, self.here, self.user_id, self.system = given, here, user_id, given.system

    async def strategy(self, name: str, **values: Any) -> None:
        async with self.system.database.begin() as tx:
            await settings.put(tx, "billing", strategy=name, **values)

    async def start(self, wish: str | None = None) -> str | None:
        """Through the API: the code of a refusal, None: it is on its way."""
        body = {"userId": self.user_id} | ({"paymentMethodId": wish} if wish else {})
        answer = await self.given.api.post(f"/actions/evse/v1.0/{self.here.evses[0]}/start", body)
        assert answer.status == 202, answer.body
        if answer.body["success"]:
            await self.change(update(session).values(status="finished", payment_status="paid"))
        return answer.body.get("errorCode")

    async def tag(self, wish: str | None = None) -> str:
        """What a station is told of a tag of the user's that names a payment method."""
        card = await self.given.id_tag(userId=self.user_id)
        await self.change(text("UPDATE id_tag SET payment_method_id = :wish").bindparams(wish=wish))
        return (await self.here.presents(card["idTagUid"])).status

    async def change(self, statement: Any) -> None:
        async with self.system.database.begin() as tx:
            await tx.run(statement)

    async def has(self, balance: float) -> None:
        await self.change(update(ev_user).where(ev_user.c.id == self.user_id).values(balance=balance))

    async def card(self, expired: bool = False) -> str:
        made = await self.given.payment_method(self.user_id)
        if expired:
            await self.change(
                update(payment_method).where(payment_method.c.id == int(made)).values(exp_year=2020, is_default=False)
            )
        return made

    async def owes(self) -> None:
        """An earlier session is not paid."""
        await self.here.starts((await self.given.id_tag(userId=self.user_id))["idTagUid"])
        key = (await self.here.only_session())["id"]
        await self.change(update(session).values(status="finished", payment_status="failed"))
        async with self.system.database.begin() as tx:
            row = {"session_id": key, "user_id": self.user_id, "currency": "EUR", "amount": 5, "net": 5}
            row |= {"status": "failed", "created_at": tx.now, "updated_at": tx.now}
            await tx.run(insert(session_payment).values(row))

    async def charged(self, account: str, amount: float, **values: Any) -> None:
        """On a partner's account, this month."""
        async with self.system.database.begin() as tx:
            row: dict[str, Any] = {
                "status": "finalized", "purchase_type": "session", "means": "corporate", "payment_method_id": account,
                "currency": "EUR", "amount": amount, "authorized": amount, "captured": amount, "finalized_at": tx.now,
                "created_at": tx.now, "updated_at": tx.now,
            }  # fmt: skip
            await tx.run(insert(payment_transaction).values(row | values))


@pytest.fixture
async def driver(given: Given, gateway: Gateway) -> Driver:
    here = await site(given, partner={"id": 8})
    await here.status("available")
    await tariffs_at(given.system, here.evses, PRICED)
    await given.currency()
    return Driver(given, here, int((await given.user())["id"]))


async def test_everybody_may_start_where_nothing_is_required(driver: Driver) -> None:
    await driver.has(-5)
    assert [await driver.start(), await driver.start("balance"), await driver.tag()] == [None, None, "accepted"]


@pytest.mark.parametrize("strategy", ["nothing_required", *ANY])
async def test_what_is_named_has_to_be_good(driver: Driver, strategy: str) -> None:
    await driver.strategy(strategy)
    await driver.has(50)
    old, stranger = await driver.card(expired=True), int((await driver.given.user())["id"])
    theirs = await driver.given.payment_method(stranger)
    elsewhere = await driver.given.corporate_account(9, driver.user_id, only_at_partner=True)
    here = await driver.given.corporate_account(8, driver.user_id, only_at_partner=True, monthlyLimit=20)
    wrong = {
        "corporate:7": "BILLING_NOT_ASSOCIATED", elsewhere: "BILLING_NOT_PARTNER_ASSOCIATED",
        theirs: "CANNOT_USE_PAYMENT_METHOD", "subscription": "CANNOT_USE_PAYMENT_METHOD",
        "wallet:applepay": "CANNOT_USE_PAYMENT_METHOD", old: "CANNOT_USE_EXPIRED_PAYMENT_METHOD",
    }  # fmt: skip
    assert {name: await driver.start(name) for name in wrong} == wrong
    assert await driver.start(here) is None
    await driver.charged(here, 20)
    assert await driver.start(here) == "CORPORATE_ACCOUNT_LIMIT_REACHED"
    assert await driver.tag(old) == "no_credit"


async def test_a_limit_is_of_the_operators_month(driver: Driver) -> None:
    account = await driver.given.corporate_account(8, driver.user_id, monthlyLimit=20)
    await driver.charged(account, 30, finalized_at=driver.system.clock.now().replace(year=2020))
    await driver.charged("corporate:9", 30)
    await driver.charged(account, 30, refunded=15)
    assert await driver.start(account) is None
    await driver.charged(account, 5)
    assert await driver.start(account) == "CORPORATE_ACCOUNT_LIMIT_REACHED"


@pytest.mark.parametrize("strategy", ANY)
async def test_who_owes_does_not_start(driver: Driver, strategy: str) -> None:
    await driver.owes()
    await driver.has(50)
    card = await driver.card()
    await driver.strategy(strategy)
    assert {await driver.start(wish) for wish in (None, card)} == {"PREVIOUS_SESSION_NOT_PAID"}
    assert await driver.tag() == "no_credit"


@pytest.mark.parametrize("strategy", ["payment_method", "payment_method_and_authorization"])
async def test_a_method_is_asked_for(driver: Driver, strategy: str) -> None:
    await driver.strategy(strategy)
    await driver.has(50)
    assert (await driver.start(), await driver.tag()) == ("PAYMENT_METHOD_REQUIRED", "no_credit")
    await driver.card(expired=True)
    assert (await driver.tag(), await driver.tag("auto")) == ("no_credit", "no_credit")
    card = await driver.card()
    assert (await driver.start(card), await driver.tag(), await driver.tag(card)) == (None, "accepted", "accepted")
    by_balance = None if strategy == "payment_method" else "PAYMENT_METHOD_REQUIRED"
    assert (await driver.start(), await driver.start("balance")) == (by_balance, by_balance)
    await driver.has(-1)
    assert await driver.start(card) == "PREVIOUS_SESSION_NOT_PAID"


async def test_why_no_method_pays_there(driver: Driver) -> None:
    await driver.strategy("payment_method")
    await driver.card(expired=True)
    assert await driver.start() == "CANNOT_USE_EXPIRED_PAYMENT_METHOD"
    await driver.given.corporate_account(9, driver.user_id, only_at_partner=True)
    assert await driver.start() == "BILLING_NOT_PARTNER_ASSOCIATED"
    await driver.given.corporate_account(8, driver.user_id, only_at_partner=True)
    assert await driver.start() is None


async def test_a_balance_is_asked_for(driver: Driver) -> None:
    await driver.strategy("minimum_balance", minimumBalance=10)
    card = await driver.card()
    for balance, code in ((9.99, "PAYMENT_NO_FUNDS"), (10, None)):
        await driver.has(balance)
        assert {await driver.start(wish) for wish in (None, "balance", card)} == {code}
        assert await driver.tag() == ("no_credit" if code else "accepted")
    await driver.has(0)
    account = await driver.given.corporate_account(8, driver.user_id)
    assert (await driver.start(account), await driver.tag()) == (None, "accepted")
    assert await driver.start() == "PAYMENT_NO_FUNDS"


async def test_either_is_asked_for(driver: Driver) -> None:
    await driver.strategy("payment_method_or_minimum_balance", minimumBalance=10)
    assert (await driver.start(), await driver.tag()) == ("PAYMENT_NO_FUNDS", "no_credit")
    card = await driver.card()
    assert [await driver.start(card), await driver.tag(), await driver.start()] == [
        None,
        "accepted",
        "PAYMENT_NO_FUNDS",
    ]


async def test_what_runs_is_taken_off_the_balance(driver: Driver) -> None:
    await driver.has(20)
    await driver.here.starts((await driver.given.id_tag(userId=driver.user_id))["idTagUid"])
    running = {"payment_type": "balance", "currency": "EUR", "amount_with_tax": Decimal("7.50")}
    await driver.change(update(session).values(running))
    async with driver.system.database.read() as tx:
        assert await balance_left(tx, driver.user_id) == Decimal("12.50")
    await driver.change(update(session).values(status="finished"))  # and not billed yet
    async with driver.system.database.read() as tx:
        assert await balance_left(tx, driver.user_id) == Decimal("12.50")
    await driver.change(update(session).values(payment_status="paid"))
    async with driver.system.database.read() as tx:
        assert await balance_left(tx, driver.user_id) == 20


@pytest.mark.parametrize("strategy", ANY)
async def test_nothing_is_asked_for_where_nothing_is_due(driver: Driver, strategy: str) -> None:
    await driver.strategy(strategy, minimumBalance=10)
    await tariffs_at(driver.system, driver.here.evses, FREE)
    assert (await driver.start(), await driver.tag()) == (None, "accepted")
    assert await driver.start("999") in ("CANNOT_USE_PAYMENT_METHOD", None)


async def test_a_tag_is_good_at_the_free_evses_of_a_station(given: Given, system: System) -> None:
    here = await site(given, evses=2)
    await tariffs_at(system, here.evses[:1], PRICED)
    driver = Driver(given, here, int((await given.user())["id"]))
    await driver.strategy("payment_method")
    card = (await given.id_tag(userId=driver.user_id))["idTagUid"]
    verdict = await here.presents(card)
    assert (verdict.status, verdict.evses) == ("accepted", (2,))
    assert (await here.starts(card, number=2))[1].status == "accepted"


async def test_what_began_is_a_session_all_the_same(driver: Driver) -> None:
    await driver.strategy("payment_method")
    card = (await driver.given.id_tag(userId=driver.user_id))["idTagUid"]
    _, verdict = await driver.here.starts(card)
    assert verdict.status == "no_credit"
    assert (await driver.here.only_session())["status"] == "active"
    assert (await driver.here.presents(card)).status == "accepted"  # it may end what it began
    assert (id_tag_info(verdict).status, id_token_info(verdict).status) == ("Blocked", "NoCredit")


async def test_nobody_is_asked_where_nothing_is_required(driver: Driver, monkeypatch: pytest.MonkeyPatch) -> None:
    async def never(tx: Any, payer: Payer) -> str:
        raise AssertionError("a tag that names nothing")

    monkeypatch.setattr(cannot_pay, "_answerers", [never])
    assert (await driver.tag(), await driver.tag("auto")) == ("accepted", "accepted")
