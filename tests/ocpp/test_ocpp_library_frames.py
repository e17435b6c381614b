"""With the setting that leaves every frame to the library, a line behaves as it does without."""

from collections.abc import AsyncIterator

import pytest

from ohmstead.ocpp.plain_frames import PlainSocket
from ohmstead.ocpp.websocket import StationSocket
from tests.ocpp.conftest import House
from tests.ocpp.test_ocpp_connection import (  # noqa: F401  # pytest runs them here with the house of this module
    test_a_call_still_in_the_inbox_is_kept_when_the_line_breaks,
    test_a_line_that_breaks_fails_the_waiting_calls_as_offline,
    test_a_second_connection_replaces_the_first_whose_end_changes_nothing,
    test_a_slow_room_does_not_keep_an_answer_from_us,
    test_pipelined_calls_are_answered_in_order,
    test_silence_beyond_the_limit_closes_and_any_frame_counts_as_life,
    test_the_communication_log_hears_both_sides,
    test_two_megabytes_close_only_their_own_line,
)
from tests.ocpp.test_ocpp_pings import (  # noqa: F401
    test_a_station_may_be_spared_pings,
    test_who_pings_and_does_not_read_is_read_no_further,
)


@pytest.fixture
async def house() -> AsyncIterator[House]:
    house = House(plain_frames=False)
    await house.start()
    yield house
    await house.stop()


async def test_no_frame_is_taken_apart_here(house: House) -> None:
    await house.station()
    (held,) = house.listener._servers[0].all_connections
    assert isinstance(held, StationSocket)
    assert not isinstance(held, PlainSocket)


async def test_fragments_and_binary_frames_are_messages(house: House) -> None:
    station = await house.station()
    await station.socket.send(['[2,"parts",', '"Heartbeat"', ",{}]"])
    await (await station.socket.ping())
    await station.say(b'[2,"binary","Heartbeat",{}]')
    assert [(await station.hear())[1] for _ in range(2)] == ["parts", "binary"]
