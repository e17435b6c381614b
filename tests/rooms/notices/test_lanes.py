"""Lanes: one of an entity at a time, in its order, and what failed is let go with all that follows it."""

from ohmstead.rooms.notices.lanes import LANE_MOST, Delivery, Lanes
from ohmstead.rooms.notices.transport import Message


def delivery(id: int, entity: str = "a", fact_id: int | None = None) -> Delivery:
    message = Message(delivery_id=id, id=f"msg_{id}", name="thing.changed", entity=entity, body=b"{}")
    return Delivery(fact_id=id if fact_id is None else fact_id, attempts=0, message=message)


def sent(lanes: Lanes) -> list[int]:
    """All that may be sent now."""
    found = []
    while (one := lanes.next()) is not None:
        found.append(one.id)
    return found


def test_one_of_each_entity_at_a_time_in_turns() -> None:
    lanes = Lanes()
    one, two, other = delivery(1), delivery(2), delivery(3, "b")
    lanes.take([one, two, other])
    assert sent(lanes) == [1, 3]
    lanes.went(one)
    assert sent(lanes) == [2]
    lanes.went(other)
    assert sent(lanes) == []
    assert lanes.ids == {1, 2, 3}, "none is known to be written"
    lanes.written(one)
    assert lanes.ids == {2, 3}


def test_what_failed_is_let_go_with_what_follows_it() -> None:
    lanes = Lanes()
    lanes.take([one := delivery(1), delivery(2), delivery(3, "b")])
    assert sent(lanes) == [1, 3]
    lanes.failed(one)
    assert (sent(lanes), lanes.ids) == ([], {1, 3})
    assert lanes.begin_load() == ([1, 3], ["a"])
    lanes.written(one)
    assert lanes.begin_load() == ([3], [])


def test_what_is_loaded_while_its_first_fails_is_not_taken() -> None:
    lanes = Lanes()
    lanes.take([one := delivery(1)])
    sent(lanes)
    lanes.begin_load()
    lanes.failed(one)
    lanes.written(one)
    lanes.take([delivery(2), delivery(3, "b")])
    assert sent(lanes) == [3]
    lanes.begin_load()
    lanes.take([one, delivery(2)])
    assert sent(lanes) == [1]


def test_what_was_told_late_comes_before_what_waits() -> None:
    lanes = Lanes()
    lanes.take([delivery(5), delivery(6)])
    lanes.take([late := delivery(9, fact_id=4)])
    assert [one.id for one in (lanes.next(),) if one] == [9]
    lanes.went(late)
    assert sent(lanes) == [5]


def test_of_one_entity_not_too_much_is_taken() -> None:
    lanes = Lanes()
    ones = [delivery(number) for number in range(1, 2 * LANE_MOST)]
    lanes.take([*ones, other := delivery(1_000, "b")])
    assert len(lanes.ids) == LANE_MOST + 1
    assert (lanes.full, lanes.begin_load()[1]) == ({"a"}, ["a"])
    assert sent(lanes) == [1, other.id]
    for one in ones[: LANE_MOST // 2]:
        lanes.went(one)
        lanes.next()
    assert lanes.full == set()


def test_what_is_not_in_flight_can_be_let_go() -> None:
    lanes = Lanes()
    ones = [delivery(number) for number in range(1, LANE_MOST)]
    lanes.take([*ones, other := delivery(1_000, "b")])
    assert lanes.next() is ones[0]
    lanes.let_go()
    assert (lanes.ids, lanes.full, sent(lanes)) == ({1}, set(), [])
    lanes.take([ones[1], other])
    assert sent(lanes) == [1_000]
    lanes.went(ones[0])
    assert sent(lanes) == [2]
