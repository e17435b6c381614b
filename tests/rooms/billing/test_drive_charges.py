"""A charge without an account: paid by card at the embedded gateway, begun, watched, ended, captured; and all the ways
in which it comes to nothing. Whatever is killed between two steps, each is taken once."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import select, text

from ohmstead.app.system import System
from ohmstead.kit.clock import ManualClock
from ohmstead.kit.facts import audit
from ohmstead.rooms.billing.drive import steps
from ohmstead.rooms.billing.drive.steps import AdHocSteps
from ohmstead.rooms.billing.drive.table import ad_hoc_charge
from ohmstead.rooms.billing.gateways.calls import carry_out
from ohmstead.rooms.billing.ledger import faults
from ohmstead.rooms.billing.methods.setup import finish_setup
from ohmstead.rooms.billing.methods.table import payment_method, setup_request
from ohmstead.rooms.billing.sessions.hold_upkeep import HoldUpkeep
from ohmstead.rooms.charging import flow
from ohmstead.rooms.charging.control import OrderedStops
from ohmstead.rooms.charging.tags import remote_tag
from ohmstead.rooms.devices.stations import RemoteStart, RemoteStop
from tests.client import Answer, Client
from tests.given import Given
from tests.rooms.billing.labelled import TARIFF, code
from tests.rooms.booked import running  # noqa: F401 - the fixture
from tests.rooms.charges import Gateway, Site, energy, site

DRIVE = "/internal/drive/v1.0"
GOOD, REFUSED, LATE, SILENT = "4242424242424242", "4000000000000341", "4000000000005001", "4000000000006009"


@dataclass
class Phone:
    """A stranger's phone before an EVSE, and the work that is done for it, by hand."""

    stranger: Client
    here: Site
    code: str
    key: str = ""
    page: str = ""  # where the card is entered

    @property
    def system(self) -> System:
        return self.here.system

    @property
    def clock(self) -> ManualClock:
        assert isinstance(self.system.clock, ManualClock)
        return self.system.clock

    async def begins(self) -> None:
        """A charge, whose card is not entered yet."""
        begun = await self.stranger.post(f"{DRIVE}/codes/{self.code}/charges", {})
        assert begun.status == 201, begun.body
        self.key = begun.body["key"]
        self.page = begun.body["redirectUrl"]

    async def pays(self, number: str = GOOD) -> None:
        """A charge is begun and its card entered."""
        await self.begins()
        await self.enters(number)

    async def enters(self, number: str = GOOD, looks: bool = True) -> None:
        """The card is entered at the gateway, whose page leads back to ours."""
        reference = self.page.rpartition("/")[2]
        answer = await self.stranger.post(
            f"/internal/embedded-gateway/v1.0/setups/{reference}/card",
            {"number": number, "expMonth": 12, "expYear": 2049, "cvc": "123"},
        )
        assert (answer.status, answer.body["state"]) == (200, "stored"), answer.body
        if looks:
            assert (await self.stranger.post(f"{DRIVE}/entered", {"charge": self.key})).status == 202
            await self.looks()

    async def looks(self) -> dict[str, Any]:
        """What the page shows, once all is done that is due."""
        await self.works()
        return await self.shown()

    async def shown(self) -> dict[str, Any]:
        answer = await self.stranger.get(f"{DRIVE}/charges/{self.key}")
        assert answer.status == 200, answer.body
        return answer.body

    async def stops(self) -> Answer:
        return await self.stranger.post(f"{DRIVE}/stop", {"charge": self.key})

    async def works(self) -> None:
        """Facts are heard, calls made and steps taken, until nothing is due."""
        while await self._works():
            pass

    async def _works(self) -> bool:
        heard = await self.system.outbox.drain()
        async with self.system.database.read() as tx:
            due = text("SELECT id FROM gateway_call WHERE due_at <= :now").bindparams(now=self.clock.now())
            calls = [row["id"] for row in await tx.all(due)]
        for key in calls:
            await carry_out(self.system.database, key)
        before = await self._due()
        for work in (AdHocSteps, OrderedStops):
            taken = work(self.system.database, self.clock)
            await taken.start_due()
            await taken.settled()
        return bool(heard or calls or before)

    async def _due(self) -> int:
        due = select(ad_hoc_charge.c.id).where(ad_hoc_charge.c.due_at <= self.clock.now())
        async with self.system.database.read() as tx:
            return len(await tx.all(due))

    async def state(self) -> tuple[str, str | None]:
        found = await self.looks()
        return found["state"], found["reason"]

    async def waits(self, seconds: float) -> None:
        await self.clock.advance(seconds)
        await self.here.tells(flow.expire_pending)
        await HoldUpkeep(self.system.database, self.clock).look()

    async def plugs_in(self) -> int:
        """The station begins what was ordered; the transaction's number."""
        begun = (await self.here.sessions())[-1]
        return (await self.here.starts(remote_tag(begun["id"]), self.clock.now(), 0))[0]

    async def money(self) -> list[tuple[str, str, str]]:
        """Of all transactions the status, what is held and what was captured; the ledger adds up."""
        async with self.system.database.read() as tx:
            assert await faults(tx) == []
            rows = await tx.all(text("SELECT status, authorized, captured FROM payment_transaction ORDER BY id"))
        return [(row["status"], f"{row['authorized']:.2f}", f"{row['captured']:.2f}") for row in rows]


@pytest.fixture
async def phone(api: Client, given: Given, gateway: Gateway) -> AsyncIterator[Phone]:
    await given.currency()
    await given.tax(percentage=19)
    here = await site(given)
    group = await given.tariff_group((await given.tariff(**TARIFF))["id"])
    changed = await api.patch(f"/resources/evses/v2.1/{here.evses[0]}", {"tariffGroupId": group["id"]})
    assert changed.status == 200, changed.body
    stranger = Client(api.base, None)
    yield Phone(stranger, here, await code(given.system, here.evses[0]))
    await stranger.close()


async def test_pay_start_stop_captured(phone: Phone, gateway: Gateway) -> None:
    await phone.pays()
    found = await phone.looks()
    assert (found["state"], found["secondsLeft"], found["hold"]) == ("starting", 180, 30)
    assert await phone.money() == [("authorized", "30.00", "0.00")]
    [(_, command)] = gateway.commands
    assert isinstance(command, RemoteStart)
    transaction = await phone.plugs_in()
    assert await phone.state() == ("charging", None)
    await phone.clock.advance(3600)
    await phone.here.meters(energy(phone.clock.now(), 8000), transaction=transaction)
    found = await phone.looks()
    assert (found["energy"], found["duration"], found["stoppedAt"]) == (8, 3600, None)
    stopped = await phone.stops()
    assert stopped.status == 202
    assert await phone.state() == ("stopping", None)
    assert isinstance(gateway.commands[-1][1], RemoteStop)
    await phone.here.stops(transaction, phone.clock.now(), 10_000, reason="Remote")
    found = await phone.looks()
    # 10 kWh at 0.59, four quarters of an hour at 0.60, 1.00 for the connection
    assert (found["state"], found["captured"], found["released"], found["cost"]) == ("captured", 9.3, 20.7, 9.3)
    assert await phone.money() == [("finalized", "30.00", "9.30")]
    [charge] = await phone.here.sessions()
    assert (charge["user_id"], charge["payment_status"], charge["reason"]) == (None, "paid", "standard_stop")
    async with phone.system.database.read() as tx:
        [card] = await tx.all(select(payment_method))
        kept = await tx.all(select(audit.c.target, audit.c.changes).where(audit.c.target.like("%drive%")))
    assert card["removed_at"] is not None
    assert len(kept) == 3  # it was begun, entered and stopped
    assert phone.key not in str([tuple(row) for row in kept])  # a backup opens no charge


def starts(gateway: Gateway) -> int:
    """How often the station was told to start."""
    return sum(isinstance(command, RemoteStart) for _, command in gateway.commands)


async def test_a_card_on_which_nothing_can_be_held(phone: Phone, gateway: Gateway) -> None:
    await phone.pays(REFUSED)
    assert await phone.state() == ("failed", "declined")
    assert (await phone.money(), gateway.commands) == ([("failed", "0.00", "0.00")], [])


async def test_a_gateway_that_never_answers_is_asked_again(phone: Phone, gateway: Gateway) -> None:
    await phone.pays(SILENT)
    found = await phone.looks()
    assert (found["state"], found["redirectUrl"], starts(gateway)) == ("entering", None, 0)
    await phone.waits(15)
    assert await phone.state() == ("starting", None)
    assert await phone.money() == [("authorized", "30.00", "0.00")]


async def test_nobody_plugs_in(phone: Phone, gateway: Gateway) -> None:
    """An order of a station runs out sooner than the time to plug in: it is given anew, on the same hold."""
    await phone.pays()
    await phone.waits(125)
    assert await phone.state() == ("starting", None)
    assert (starts(gateway), await phone.money()) == (2, [("authorized", "30.00", "0.00")])
    await phone.waits(60)
    found = await phone.looks()
    assert (found["state"], found["reason"], found["released"]) == ("released", "not_plugged_in", 30)
    assert await phone.money() == [("reversed", "30.00", "0.00")]
    assert [row["status"] for row in await phone.here.sessions()] == ["expired", "failed"]


async def test_a_station_that_will_not(phone: Phone, gateway: Gateway) -> None:
    gateway.answer = "Rejected"
    await phone.here.status("preparing")
    await phone.pays()
    assert await phone.state() == ("released", "station_refused")
    assert (starts(gateway), await phone.money()) == (1, [("reversed", "30.00", "0.00")])


async def test_a_station_that_begins_only_when_a_cable_is_plugged(phone: Phone, gateway: Gateway) -> None:
    gateway.answer = "Rejected"
    await phone.pays()
    await phone.waits(10)
    assert await phone.state() == ("starting", None)
    assert starts(gateway) == 1
    gateway.answer = "Accepted"
    await phone.here.status("preparing")
    await phone.waits(10)
    assert await phone.state() == ("starting", None)
    assert starts(gateway) == 2
    await phone.plugs_in()
    assert await phone.state() == ("charging", None)
    assert await phone.money() == [("authorized", "30.00", "0.00")]


async def test_two_phones_before_one_evse(phone: Phone, gateway: Gateway) -> None:
    other = Phone(phone.stranger, phone.here, phone.code)
    await phone.begins()
    await other.pays()
    assert await other.state() == ("starting", None)
    first = phone.key
    await phone.enters()
    assert await phone.state() == ("released", "in_use")
    assert first == phone.key != other.key
    await other.plugs_in()
    assert await other.state() == ("charging", None)
    assert (await phone.state(), starts(gateway)) == (("released", "in_use"), 1)
    assert sorted(await phone.money()) == [("authorized", "30.00", "0.00"), ("reversed", "30.00", "0.00")]


async def test_who_changes_his_mind(phone: Phone, gateway: Gateway) -> None:
    await phone.begins()
    assert (await phone.stops()).status == 202
    assert await phone.state() == ("failed", "cancelled")
    await phone.pays()
    assert (await phone.stops()).status == 202
    assert await phone.state() == ("released", "cancelled")
    assert await phone.money() == [("reversed", "30.00", "0.00")]
    assert [row["status"] for row in await phone.here.sessions()] == ["failed"]
    assert (await phone.stops()).status == 202  # and nothing follows
    assert await phone.state() == ("released", "cancelled")


async def test_who_never_enters_a_card(phone: Phone, gateway: Gateway) -> None:
    await phone.begins()
    await phone.waits(1801)
    await phone.works()
    assert await phone.state() == ("failed", "not_entered")
    assert gateway.commands == []
    await phone.waits(86_400)
    await phone.works()
    assert (await phone.stranger.get(f"{DRIVE}/charges/{phone.key}")).status == 404


async def test_what_costs_nothing_wants_no_card(phone: Phone, api: Client, given: Given) -> None:
    group = await given.tariff_group((await given.tariff(type="free"))["id"])
    await api.patch(f"/resources/evses/v2.1/{phone.here.evses[0]}", {"tariffGroupId": group["id"]})
    begun = await phone.stranger.post(f"{DRIVE}/codes/{phone.code}/charges", {})
    phone.key = begun.body["key"]
    assert begun.body["redirectUrl"] is None
    assert await phone.state() == ("starting", None)
    transaction = await phone.plugs_in()
    assert await phone.state() == ("charging", None)
    await phone.clock.advance(3600)
    await phone.here.stops(transaction, phone.clock.now(), 5000)
    found = await phone.looks()
    assert (found["state"], found["hold"], found["cost"], found["energy"]) == ("released", None, 0, 5)
    assert await phone.money() == []


async def test_a_charge_goes_on_without_its_page(phone: Phone, gateway: Gateway) -> None:
    """The gateway's event tells of the card where the page never comes back."""
    await phone.begins()
    await phone.enters(looks=False)
    async with phone.system.database.begin() as tx:
        asked = await tx.one(select(setup_request))
        assert asked is not None
    await finish_setup(phone.system.database, asked["id"])
    await phone.works()
    assert starts(gateway) == 1


@pytest.mark.parametrize("step", ["place_hold", "start", "release_hold", "attach_hold", "stop_for", "remove"])
async def test_a_kill_after_a_step_repeats_none(
    phone: Phone, gateway: Gateway, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """The process is gone after what a step did outside was done, and before we noted it."""
    real, killed = getattr(steps, step), []

    async def done_and_killed(*arguments: Any, **named: Any) -> Any:
        answer = await real(*arguments, **named)
        if not killed:
            killed.append(step)
            raise RuntimeError("killed")
        return answer

    monkeypatch.setattr(steps, step, done_and_killed)
    await phone.pays()
    if step in ("release_hold", "attach_hold"):
        await phone.waits(125)
        await phone.works()
        await phone.waits(31)
        await phone.works()
        await phone.waits(30)
        wanted = ("released", "not_plugged_in")
    else:
        await phone.waits(31)
        await phone.works()
        transaction = await phone.plugs_in()
        await phone.works()
        await phone.stops()
        await phone.works()
        await phone.waits(31)
        await phone.works()
        await phone.here.stops(transaction, phone.clock.now(), 3000)
        wanted = ("captured", None)
    await phone.works()
    await phone.waits(31)
    assert (await phone.state(), killed) == (wanted, [step])
    [(status, held, _)] = await phone.money()
    assert (status, held) == ("reversed" if wanted[0] == "released" else "finalized", "30.00")
    assert starts(gateway) == (2 if wanted[0] == "released" else 1)
    async with phone.system.database.read() as tx:
        [card] = await tx.all(select(payment_method))
    assert card["removed_at"] is not None
