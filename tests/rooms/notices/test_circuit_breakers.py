"""Where messages go: so many at once, in turns, and hardly any where nothing arrives."""

from datetime import UTC, datetime

from ohmstead.kit.clock import ManualClock
from ohmstead.rooms.notices.circuit_breakers import BREAKS_AFTER, Endpoint, Endpoints

START = datetime(2026, 1, 1, tzinfo=UTC)


class Sends:
    """Has so much to send; `probes` says of each in flight whether it was to find out."""

    def __init__(self, endpoint: Endpoint, messages: int) -> None:
        self.endpoint, self.messages = endpoint, messages
        self.probes: list[bool] = []
        self.woken = 0
        endpoint.join(self)

    def start_one(self) -> bool:
        if not self.messages:
            return False
        self.messages -= 1
        self.probes.append(self.endpoint.begin())
        return True

    def wake(self) -> None:
        self.woken += 1

    def ends(self, arrived: bool | None) -> None:
        self.endpoint.end(self.probes.pop(), arrived)


async def test_users_take_turns_and_share_what_may_go_at_once() -> None:
    endpoint = Endpoint(ManualClock(START), at_once=4)
    many, few = Sends(endpoint, 100), Sends(endpoint, 3)
    endpoint.pump()
    assert (len(many.probes), len(few.probes)) == (2, 2)
    many.ends(True)
    few.ends(True)
    assert (len(many.probes), len(few.probes), few.messages) == (2, 2, 0)
    few.ends(True)
    few.ends(True)
    assert len(many.probes) == 4


async def test_it_opens_after_failures_in_a_row_and_is_tried_after_growing_pauses() -> None:
    clock = ManualClock(START)
    endpoint = Endpoint(clock, at_once=8)
    user = Sends(endpoint, 100)
    endpoint.pump()
    for _ in range(BREAKS_AFTER - 1):
        user.ends(False)
    user.ends(True)
    for _ in range(BREAKS_AFTER - 1):
        user.ends(False)
    assert (len(user.probes), endpoint.pausing) == (8, False), "not in a row"
    while user.probes:
        user.ends(False)
    assert endpoint.pausing
    for pause in (1, 2, 4, 8, 16, 32, 60, 60):
        await clock.sleep(0)
        await clock.advance(pause - 0.1)
        assert not user.probes
        await clock.advance(0.1)
        assert user.probes == [True]
        user.ends(False)
    assert user.woken == 8
    await clock.sleep(0)
    await clock.advance(60)
    user.ends(True)
    assert (user.probes, endpoint.pausing) == ([False] * 8, False)


async def test_one_that_is_broken_off_says_nothing() -> None:
    clock = ManualClock(START)
    endpoint = Endpoint(clock, at_once=1)
    user = Sends(endpoint, 10)
    endpoint.pump()
    for _ in range(BREAKS_AFTER):
        user.ends(False)
    await clock.sleep(0)
    await clock.advance(1)
    assert user.probes == [True]
    user.ends(None)
    assert user.probes == [True], "another is tried at once"


async def test_those_of_one_address_are_one_and_forgotten_with_the_last() -> None:
    endpoints = Endpoints(ManualClock(START))
    users = [Sends(Endpoint(ManualClock(START), 1), 0) for _ in range(2)]
    one = endpoints.join("a", 8, users[0])
    assert endpoints.join("a", 8, users[1]) is one
    assert endpoints.join("b", 8, users[1]) is not one
    for user in users:
        endpoints.leave("a", user)
    assert endpoints.join("a", 8, users[0]) is not one
