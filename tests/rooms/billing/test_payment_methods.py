"""Payment methods: cards stored in two steps, and what is worked out: accounts of partners and the balance."""

from typing import Any

import pytest
from sqlalchemy import select, update

from ohmstead.app.system import System
from ohmstead.kit.facts import outbox
from ohmstead.rooms.billing.gateways.embedded import setups
from ohmstead.rooms.billing.gateways.embedded.known_cards import KNOWN_CARDS
from ohmstead.rooms.billing.gateways.gateway import GatewayError, Refused
from ohmstead.rooms.billing.methods.forgetting import CardForgetting
from ohmstead.rooms.billing.methods.setup import finish_setup
from ohmstead.rooms.billing.methods.table import payment_method, setup_request
from ohmstead.rooms.people.users import ev_user
from tests.client import Answer, Client
from tests.given import Given
from tests.rooms.billing.stored_cards import CardGateway, cards, stored
from tests.rooms.later import Later
from tests.rooms.test_private_data import fetched

__all__ = ["cards"]


class Wallet:
    """The payment methods of one user, by the API."""

    def __init__(self, system: System, api: Client, cards: CardGateway, user_id: int) -> None:
        self.system, self.api, self.cards, self.user_id = system, api, cards, user_id
        self.path = f"/resources/users/v1.0/{user_id}/payment-methods"

    async def card(self, **fields: Any) -> str:
        """A card is stored; its id."""
        return str(await stored(self.system, self.cards, self.user_id, **fields))

    async def begin(self, **body: Any) -> dict[str, Any]:
        answer = await self.api.post(self.path, body)
        assert answer.status == 200, answer.body
        return answer.body

    async def entered(self, setup_id: int, **fields: Any) -> None:
        """The card of a request is entered on the page."""
        async with self.system.database.read() as tx:
            asked = await tx.one(select(setup_request).where(setup_request.c.id == setup_id))
        assert asked is not None
        self.cards.enter(asked, **fields)

    async def listed(self, query: str = "") -> list[dict[str, Any]]:
        return (await self.api.get(self.path, query)).data

    async def at(self, method: str, name: object, body: Any = None) -> Answer:
        return await self.api.request(method, f"{self.path}/{name}", body)

    async def default(self) -> list[str]:
        return [one["id"] for one in await self.listed() if one["default"]]


@pytest.fixture
async def wallet(system: System, api: Client, given: Given, cards: CardGateway) -> Wallet:
    return Wallet(system, api, cards, int((await given.user())["id"]))


async def told(system: System) -> list[dict[str, Any]]:
    """What was told of payment methods."""
    async with system.database.read() as tx:
        query = select(outbox.c.payload).where(outbox.c.topic == "user.paymentMethod.changed")
        rows = await tx.all(query.order_by(outbox.c.id))
    return [row["payload"] for row in rows]


async def test_a_card_is_stored_in_two_steps(wallet: Wallet) -> None:
    begun = await wallet.begin()
    assert begun["redirectUrl"].startswith("https://pay.example/")
    await wallet.entered(begun["transactionId"], wallet="apple_pay")
    first = await wallet.api.post(wallet.path, begun)
    assert first.status == 201
    shown = first.data
    assert shown | {"lastUpdatedAt": "", "addedAt": ""} == {
        "id": shown["id"], "userId": wallet.user_id, "type": "tokenized", "tokenizedType": "card", "issuer": "visa",
        "name": "**** 4242", "default": True, "expireYear": 2099, "expireMonth": 12, "walletType": "applepay",
        "lastUpdatedAt": "", "addedAt": "", "removedAt": None,
    }  # fmt: skip
    assert isinstance(shown["id"], str)
    assert (await wallet.api.post(wallet.path, begun)).data == (await wallet.at("GET", shown["id"])).data == shown
    assert await told(wallet.system) == [{"id": shown["id"], "user_id": wallet.user_id, "action": "created"}]


async def test_the_second_step_waits_for_the_card(wallet: Wallet) -> None:
    begun = await wallet.begin(tokenizedType="card")
    answer = await wallet.api.post(wallet.path, {"transactionId": begun["transactionId"]})
    assert (answer.status, answer.body["errors"]) == (422, {"transactionId": ["Nothing has been entered yet."]})
    wallet.cards.script("finish_setup", Refused("Your card was declined."))
    answer = await wallet.api.post(wallet.path, {"transactionId": begun["transactionId"]})
    assert (answer.status, answer.body["errors"]) == (422, {"transactionId": ["Your card was declined."]})
    wallet.cards.script("finish_setup", GatewayError("away"))
    assert (await wallet.api.post(wallet.path, {"transactionId": begun["transactionId"]})).status == 422
    await wallet.entered(begun["transactionId"])
    assert (await wallet.api.post(wallet.path, {"transactionId": begun["transactionId"]})).status == 201


async def test_an_app_may_let_it_be_entered_by_itself(wallet: Wallet) -> None:
    wallet.cards.in_app = True
    begun = await wallet.begin(tokenizedType="card")
    assert set(begun) == {"transactionId", "publishableKey", "clientSecret", "setupIntentReference"}
    await wallet.entered(begun.pop("transactionId"))
    assert (await wallet.api.post(wallet.path, begun)).status == 201


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"transactionId": 999}, "transactionId"),
        ({"setupIntentReference": "in-x"}, "setupIntentReference"),
        ({"tokenizedType": "bank_transfer"}, "bankTransferType"),
        ({"tokenizedType": "cheque"}, "tokenizedType"),
        ({"tokenizedType": "bank_transfer", "bankTransferType": "pse"}, "bankTransferType"),
    ],
)
async def test_what_cannot_be_meant_is_refused(wallet: Wallet, body: dict[str, Any], field: str) -> None:
    answer = await wallet.api.post(wallet.path, body)
    assert (answer.status, list(answer.body["errors"])) == (422, [field])


async def test_a_request_is_its_users_alone(wallet: Wallet, given: Given) -> None:
    begun = await wallet.begin()
    await wallet.entered(begun["transactionId"])
    other = Wallet(wallet.system, wallet.api, wallet.cards, int((await given.user())["id"]))
    assert (await other.api.post(other.path, begun)).status == 422


async def test_a_bank_account_has_no_issuer(wallet: Wallet) -> None:
    begun = await wallet.begin(tokenizedType="bank_transfer", bankTransferType="sepa")
    await wallet.entered(begun["transactionId"], kind="bank_transfer", exp_month=None, exp_year=None)
    shown = (await wallet.api.post(wallet.path, begun)).data
    assert (shown["tokenizedType"], shown["bankTransferType"], shown["issuer"]) == ("bank_transfer", "sepa", None)


async def test_what_is_not_stored_is_listed_after_the_cards(wallet: Wallet, given: Given) -> None:
    one, two = await wallet.card(), await wallet.card()
    await given.corporate_account(7, wallet.user_id)
    found = await wallet.listed()
    assert [(row["id"], row["type"]) for row in found] == [
        (one, "tokenized"), (two, "tokenized"), ("corporate:7", "corporate"), (None, "balance"),
    ]  # fmt: skip
    assert found[2] == {
        "id": "corporate:7", "userId": wallet.user_id, "type": "corporate", "name": "Partner 7", "default": False,
    }  # fmt: skip
    assert [row["id"] for row in await wallet.listed("per_page=3&page=2")] == [None]
    assert (await wallet.at("GET", "corporate:7")).data == found[2]
    assert (await wallet.at("GET", "balance")).data == found[3]
    assert [(await wallet.at("GET", name)).status for name in ("corporate:8", "999", "x", "1" * 30)] == [404] * 4


async def test_there_is_always_one_default(wallet: Wallet) -> None:
    one, two, old = await wallet.card(), await wallet.card(), await wallet.card(exp_year=2020)
    assert await wallet.default() == [one]
    assert (await wallet.at("PATCH", two, {"default": True})).data["default"] is True
    assert await wallet.default() == [two]
    for name, body in ((two, {"default": False}), (old, {"default": True}), ("balance", {"default": True})):
        assert (await wallet.at("PATCH", name, body)).status == 422
    assert (await wallet.at("PATCH", one, {"default": False})).status == 200
    assert (await wallet.at("PATCH", one, {})).data["default"] is False
    assert (await wallet.at("DELETE", two)).status == 204
    assert await wallet.default() == [one]
    assert (await wallet.at("DELETE", one)).status == 204
    assert await wallet.default() == [old]  # of what is left
    actions = [(fact["id"], fact["action"]) for fact in await told(wallet.system)]
    assert actions[3:5] == [(one, "updated"), (two, "updated")]
    assert actions[5:] == [(two, "deleted"), (one, "updated"), (one, "deleted"), (old, "updated")]


async def test_what_was_removed_is_history(wallet: Wallet, later: Later) -> None:
    one = await wallet.card(token="tok-gone")
    assert (await wallet.at("DELETE", one)).status == 204
    assert [row["id"] for row in await wallet.listed()] == [None]
    shown = (await wallet.at("GET", one)).data
    assert (shown["removedAt"] is not None, shown["default"]) == (True, False)
    assert [(await wallet.at(verb, one, body)).status for verb, body in (("DELETE", None), ("PATCH", {}))] == [404] * 2
    wallet.cards.script("forget", GatewayError("away"))
    await later.clock.advance(5)
    work = CardForgetting(later.database, later.clock)
    for _ in range(2):
        await work.start_due()
        await work.settled()
        assert wallet.cards.forgotten == []  # it is not asked again at once
    await later.clock.advance(61)
    await work.start_due()
    await work.settled()
    assert wallet.cards.forgotten == ["tok-gone"]
    async with wallet.system.database.read() as tx:
        row = await tx.one(select(payment_method))
    assert row is not None
    assert (row["token"], row["forget_at"]) == (f"forgotten-{one}", None)


async def test_what_is_not_stored_is_neither_removed_nor_the_default(wallet: Wallet, given: Given) -> None:
    account = await given.corporate_account(7, wallet.user_id)
    answers = [await wallet.at(verb, name, {"default": True} if verb == "PATCH" else None)
               for verb in ("PATCH", "DELETE") for name in (account, "balance")]  # fmt: skip
    assert [answer.status for answer in answers] == [422] * 4


async def test_tags_that_named_a_removed_card_choose_by_themselves(wallet: Wallet, given: Given) -> None:
    one = await wallet.card()
    tag = await given.id_tag(userId=wallet.user_id, paymentMethodId=one)
    assert (await wallet.at("DELETE", one)).status == 204
    assert (await wallet.api.get(f"/resources/id-tags/v2.0/{tag['id']}")).data["paymentMethodId"] == "auto"


async def test_there_are_not_more_than_twenty(wallet: Wallet) -> None:
    for _ in range(20):
        await wallet.card()
    assert (await wallet.api.post(wallet.path, {})).status == 422


async def test_nothing_is_found_below_strangers_and_the_deleted(wallet: Wallet, given: Given) -> None:
    one = await wallet.card()
    stranger = int((await given.user())["id"])
    other = Wallet(wallet.system, wallet.api, wallet.cards, stranger)
    for verb, body in (("GET", None), ("PATCH", {"default": True}), ("DELETE", None)):
        assert (await other.at(verb, one, body)).status == 404
    assert (await wallet.api.delete(f"/resources/users/v1.0/{wallet.user_id}")).status == 204
    assert (await wallet.at("GET", one)).status == 404
    assert (await wallet.api.get(wallet.path)).status == (await wallet.api.post(wallet.path, {})).status == 404


async def test_a_partner_keeps_the_cards_of_its_own_users(wallet: Wallet, given: Given) -> None:
    await given.partner_of_id(71)
    async with wallet.system.database.begin() as tx:
        await tx.run(update(ev_user).where(ev_user.c.id == wallet.user_id).values(partner_id=71))
    owner, stranger = await given.client("*", partner_id=71), await given.client("*", partner_id=72)
    one = await wallet.card()
    assert (await owner.get(wallet.path)).status == 200
    assert (await owner.request("PATCH", f"{wallet.path}/{one}", {"default": True})).status == 200
    assert (await owner.post(wallet.path, {})).status == 200
    for verb, path in (("GET", wallet.path), ("POST", wallet.path), ("DELETE", f"{wallet.path}/{one}")):
        assert (await stranger.request(verb, path, {} if verb == "POST" else None)).status == 404
    for client in (owner, stranger):
        await client.close()


async def test_the_archive_has_what_a_user_could_pay_with(wallet: Wallet) -> None:
    one, two = await wallet.card(), await wallet.card(last4="1881")
    assert (await wallet.at("DELETE", one)).status == 204
    await wallet.begin()
    link = await wallet.api.get(f"/actions/users/v2.0/{wallet.user_id}/export-all-private-data")
    _, archive = await fetched(link.body["downloadUrl"])
    shown = [(row["id"], row["name"], row["removedAt"] is None) for row in archive["payment-methods.json"]]
    assert shown == [(one, "**** 4242", False), (two, "**** 1881", True)]
    assert [row["status"] for row in archive["payment-method-requests.json"]] == ["stored", "stored", "begun"]


async def test_the_cards_of_the_deleted_are_forgotten(wallet: Wallet, later: Later) -> None:
    work, kept = CardForgetting(later.database, later.clock), {"kind": "card", "gateway": wallet.cards.name}
    one, two = await wallet.card(token="tok-1", wallet="twint"), await wallet.card(token="tok-2")
    assert (await wallet.at("DELETE", one)).status == 204
    await later.clock.advance(5)
    await work.start_due()
    await work.settled()
    begun = await wallet.begin()
    assert (await wallet.api.delete(f"/resources/users/v1.0/{wallet.user_id}")).status == 204
    await later.clock.advance(5)
    await work.start_due()
    await work.settled()
    assert wallet.cards.forgotten == ["tok-1", "tok-2"]
    async with wallet.system.database.read() as tx:
        rows = [dict(row) for row in await tx.all(select(payment_method).order_by(payment_method.c.id))]
        assert await tx.all(select(setup_request)) == []
    for row in rows:
        assert row["removed_at"] is not None
        nothing = {"brand": "unknown", "last4": "", "exp_month": None, "exp_year": None, "wallet": None}
        assert row.items() >= (kept | nothing | {"token": f"forgotten-{row['id']}", "is_default": False}).items()
    assert (await told(wallet.system))[-1] == {"id": two, "user_id": wallet.user_id, "action": "deleted"}
    assert await finish_setup(wallet.system.database, begun["transactionId"]) is None


async def test_a_card_is_entered_on_the_page_of_the_embedded_gateway(api: Client, given: Given, system: System) -> None:
    path = f"/resources/users/v1.0/{(await given.user())['id']}/payment-methods"
    begun = (await api.post(path, {})).body
    reference = begun["redirectUrl"].removeprefix(f"{api.base}/pay/")
    async with system.database.begin() as tx:
        row = await setups.find(tx, reference, lock=True)
        assert row
        await setups.enter(tx, row, setups.Entry(KNOWN_CARDS["5555555555554444"], 12, 2049))
    shown = (await api.post(path, begun)).data
    assert (shown["issuer"], shown["name"], shown["expireYear"]) == ("mastercard", "**** 4444", 2049)
