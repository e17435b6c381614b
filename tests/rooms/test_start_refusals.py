"""Why a session may not start: of all reasons that hold at once the first in their order is told."""

from collections.abc import Awaitable, Callable
from typing import Any, get_args

import pytest
from sqlalchemy import update

from ohmstead.rooms.charging import control
from ohmstead.rooms.charging.control import Refusal
from ohmstead.rooms.charging.control.orders import ErrorCode
from ohmstead.rooms.charging.control.refusing import CHECKS
from ohmstead.rooms.charging.control.start_order import ORDER
from ohmstead.rooms.network.charge_points import charge_point
from ohmstead.rooms.network.locations import location
from ohmstead.rooms.people.users import ev_user
from ohmstead.rooms.tariffs.resolution import plans_of_user
from tests.client import Client
from tests.given import Given
from tests.rooms.charges import Gateway, Site, site, tag
from tests.rooms.tariff_rows import FORBIDDEN, tariffs_at

SHUT = {"isAlwaysOpen": False, "hours": {}}


class Case:
    """A start that nothing speaks against: at the first of two EVSEs of a personal charge point, for its owner."""

    def __init__(self, given: Given, here: Site, user: int, patch: pytest.MonkeyPatch) -> None:
        self.given, self.here, self.user = given, here, user
        self.objections: list[Refusal] = []
        self.plans: list[int] = []
        patch.setattr(control.may_start, "_answerers", [self._object(number) for number in range(len(ORDER))])
        patch.setattr(plans_of_user, "_answerers", [self._plans])

    async def _plans(self, tx: Any, user_id: int) -> list[int]:
        return self.plans if user_id == self.user else []

    def _object(self, number: int) -> Callable[..., Awaitable[Refusal | None]]:
        """Of so many rooms above each has at most one objection, the newest first."""

        async def answer(tx: Any, there: Any, user_id: int | None, wish: str | None) -> Refusal | None:
            return self.objections[number] if number < len(self.objections) else None

        return answer

    async def change(self, table: Any, **values: Any) -> None:
        async with self.here.system.database.begin() as tx:
            await tx.run(update(table).values(values))

    async def spoiled(self, code: ErrorCode) -> None:
        """From now on this reason holds, too."""
        if code in SPOILS:
            await SPOILS[code](self)
        else:
            self.objections.insert(0, Refusal(code, "A room above objects."))

    async def told(self) -> Any:
        path = f"/actions/charge-point/v1.0/{self.here.id}/start/1"
        answer = await self.given.api.post(path, {"userId": self.user})
        assert answer.status == 202
        return answer.body

    async def somebody_elses(self) -> None:
        stranger = await self.given.user()
        await self.change(charge_point, user_id=int(stranger["id"]))

    async def occupied(self) -> None:
        await self.here.starts(await tag(self.given))

    async def runs_another(self) -> None:
        card = (await self.given.id_tag(userId=self.user))["idTagUid"]
        await self.here.starts(card, number=2)


SPOILS: dict[ErrorCode, Callable[[Case], Awaitable[Any]]] = {
    "ACCESS_RESTRICTED": Case.somebody_elses,
    "SESSION_EXISTS": Case.occupied,
    "INTERNAL_ISSUE": lambda case: case.here.status("faulted"),
    "LOCATION_IS_CLOSED": lambda case: case.change(location, working_hours=SHUT),
    "USER_IS_DISABLED": lambda case: case.change(ev_user, status="disabled"),
    "SUBSCRIPTION_REQUIRED": lambda case: case.change(charge_point, subscription_required=True),
    "SESSION_ALREADY_RUNNING": Case.runs_another,
    "CHARGING_NOT_ALLOWED": lambda case: tariffs_at(case.here.system, case.here.evses, FORBIDDEN),
}
"""How the reasons come about that are known here."""


@pytest.fixture
async def case(given: Given, gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> Case:
    user, place = int((await given.user())["id"]), await given.location()
    personal = {"type": "personal", "pin": "1234", "user": {"id": user}, "locationId": place["id"]}
    return Case(given, await site(given, evses=2, **personal), user, monkeypatch)


def test_every_code_has_its_place() -> None:
    assert sorted(ORDER) == sorted(get_args(ErrorCode))
    assert set(SPOILS) == set(CHECKS)


async def test_the_first_reason_is_told(case: Case) -> None:
    """From the last to the first they come about, and each takes the place of those before."""
    for code in reversed(ORDER):
        await case.spoiled(code)
        answer = await case.told()
        assert (answer["success"], answer["errorCode"]) == (False, code)
        assert answer["message"]
    assert case.objections[0].code != "INTERNAL_ISSUE"


async def test_what_has_no_code_of_its_own_comes_last(case: Case) -> None:
    await case.spoiled("PAYMENT_NO_FUNDS")
    case.objections.insert(0, Refusal("INTERNAL_ISSUE", "No room."))
    assert (await case.told())["errorCode"] == "PAYMENT_NO_FUNDS"
    case.objections.pop()
    assert (await case.told())["message"] == "No room."


@pytest.mark.parametrize(
    ("required", "plans", "refused"),
    [([], [], True), ([], [4], False), ([4, 5], [5], False), ([4, 5], [6], True), (None, [6], False)],
)
async def test_a_subscription_to_one_of_the_plans_will_do(
    case: Case, required: list[int] | None, plans: list[int], refused: bool
) -> None:
    case.plans = plans
    await case.change(charge_point, subscription_required=True, subscription_plan_ids=required)
    told = await case.told()
    assert (told.get("errorCode") == "SUBSCRIPTION_REQUIRED", told["success"]) == (refused, not refused)


async def test_where_nobody_sells_subscriptions_none_is_required(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plans_of_user, "_answerers", [])
    await case.change(charge_point, subscription_required=True)
    assert (await case.told())["success"]


async def test_for_nobody_in_particular_nothing_personal_counts(case: Case, api: Client) -> None:
    await case.change(charge_point, subscription_required=True)
    assert (await api.post(f"/actions/charge-point/v1.0/{case.here.id}/start/1")).body["success"]
