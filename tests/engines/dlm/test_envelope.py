"""The envelope, event by event: what an EVSE may draw, when limits go out, what survives a crash."""

import json
import math
from dataclasses import replace

import pytest

from ohmstead.engines.dlm.envelope import Envelope
from ohmstead.engines.dlm.holding import Evse
from ohmstead.engines.dlm.tree import Circuit, Conductor, Tree

MAIN = Tree([Circuit("main", None, 32.0)])
A = Evse("a", "main", (1, 1, 1), rating=32.0, reaction=0.0)
B = replace(A, id="b")


def idle(*evses: Evse, tree: Tree = MAIN, now: float = 0.0) -> Envelope:
    """An envelope whose EVSEs are online and have confirmed their fallback."""
    envelope = Envelope(tree)
    for evse in evses:
        envelope.attached(evse)
        envelope.came_online(evse.id)
    told(envelope, {}, now)
    return envelope


def told(envelope: Envelope, targets: dict, now: float) -> dict:
    """Plan, and have every send accepted; A per EVSE that got one."""
    sends = envelope.plan(targets, now)
    for send in sends:
        envelope.accepted(send.seq, now)
    return {send.evse: send.amps for send in sends}


def test_what_nothing_is_known_of_may_draw_its_rating_and_is_told_at_once():
    envelope = Envelope(MAIN)
    envelope.attached(A)
    assert envelope.may_draw("a", 0.0) == 32.0
    assert envelope.plan({"a": 10.0}, 0.0) == []
    envelope.came_online("a")
    (send,) = envelope.plan({"a": 10.0}, 5.0)
    assert (send.evse, send.amps, send.fallback, send.starts, send.until) == ("a", 10.0, 0.0, 5.0, 905.0)
    assert envelope.may_draw("a", 6.0) == 32.0
    envelope.accepted(send.seq, 6.0)
    assert envelope.may_draw("a", 6.0) == 10.0


def test_an_idle_evse_starts_at_once_and_needs_no_traffic_before():
    envelope = idle(A)
    assert envelope.plan({}, 10_000.0) == []
    assert told(envelope, {"a": 16.0}, 10_001.0) == {"a": 16.0}


def test_a_raise_waits_for_the_decrease_that_pays_for_it():
    envelope = idle(A, B)
    told(envelope, {"a": 32.0}, 0.0)
    (decrease,) = envelope.plan({"a": 16.0, "b": 16.0}, 100.0)
    assert (decrease.evse, decrease.amps, decrease.reason) == ("a", 16.0, "decrease")
    assert envelope.plan({"a": 16.0, "b": 16.0}, 101.0) == []
    envelope.accepted(decrease.seq, 101.0)
    assert told(envelope, {"a": 16.0, "b": 16.0}, 102.0) == {"b": 16.0}


def test_a_decrease_pays_once_the_car_has_followed_it():
    envelope = idle(replace(A, reaction=5.0), B, now=-60.0)
    told(envelope, {"a": 32.0}, 0.0)
    assert told(envelope, {"a": 16.0}, 100.0) == {"a": 16.0}
    assert envelope.may_draw("a", 104.9) == 32.0
    assert told(envelope, {"a": 16.0, "b": 16.0}, 104.9) == {}
    assert told(envelope, {"a": 16.0, "b": 16.0}, 105.0) == {"b": 16.0}


def test_a_lost_decrease_pays_for_nothing_and_is_sent_again():
    envelope = idle(A, B)
    told(envelope, {"a": 32.0}, 0.0)
    (decrease,) = envelope.plan({"a": 16.0, "b": 16.0}, 100.0)
    envelope.sent(decrease.seq, 100.0)
    assert envelope.overdue(129.0) == []
    assert envelope.overdue(130.0) == [decrease.seq]
    envelope.lost(decrease.seq)
    assert envelope.may_draw("a", 130.0) == 32.0
    (again,) = envelope.plan({"a": 16.0, "b": 16.0}, 130.0)
    assert (again.evse, again.amps) == ("a", 16.0)


def test_an_answer_that_comes_late_still_counts():
    envelope = idle(A)
    (first,) = envelope.plan({"a": 16.0}, 0.0)
    envelope.lost(first.seq)
    assert envelope.may_draw("a", 1.0) == 16.0
    (second,) = envelope.plan({"a": 8.0}, 31.0)
    envelope.accepted(first.seq, 32.0)
    assert envelope.may_draw("a", 32.0) == 16.0
    envelope.accepted(second.seq, 33.0)
    assert envelope.may_draw("a", 33.0) == 8.0
    envelope.accepted(first.seq, 34.0)
    assert envelope.may_draw("a", 34.0) == 8.0


def test_a_refusal_keeps_the_old_limit_and_three_reserve_the_rating():
    envelope = idle(A)
    told(envelope, {"a": 10.0}, 0.0)
    tries, now = [], 100.0
    while len(tries) < 3:
        for send in envelope.plan({"a": 6.0}, now):
            assert envelope.may_draw("a", now) == 10.0
            envelope.rejected(send.seq, now)
            tries.append(now)
        now += 5.0
    assert tries == [100.0, 110.0, 130.0]
    assert envelope.may_draw("a", now) == 32.0
    assert not envelope.steerable("a")
    assert told(envelope, {"a": 6.0}, 170.0) == {"a": 6.0}
    assert envelope.may_draw("a", 170.0) == 6.0


def test_a_withdrawn_send_never_happened():
    envelope = idle(A)
    (send,) = envelope.plan({"a": 16.0}, 0.0)
    assert envelope.may_draw("a", 0.0) == 16.0
    envelope.withdrawn(send.seq)
    assert envelope.may_draw("a", 0.0) == 0.0
    assert told(envelope, {"a": 16.0}, 1.0) == {"a": 16.0}


def test_an_offline_station_keeps_its_limit_until_its_lease_is_over_for_certain():
    envelope = idle(replace(A, fallback=6.0, ttl=300.0, guard=60.0))
    told(envelope, {"a": 16.0}, 1000.0)
    envelope.went_offline("a")
    assert [envelope.may_draw("a", now) for now in (1001.0, 1359.9, 1360.0)] == [16.0, 16.0, 6.0]
    assert envelope.plan({"a": 6.0}, 1100.0) == []


def test_a_station_without_leases_keeps_its_limit_for_ever_and_one_that_obeys_nothing_its_rating():
    envelope = idle(replace(A, control="B"))
    (send,) = envelope.plan({"a": 16.0}, 0.0)
    assert send.until is None
    envelope.accepted(send.seq, 0.0)
    assert envelope.may_draw("a", 1e9) == 16.0
    envelope.attached(replace(A, control="C"))
    assert envelope.may_draw("a", 1e9) == 32.0


def test_a_station_found_to_ignore_the_end_of_leases_keeps_the_one_it_has():
    envelope = idle(A)
    told(envelope, {"a": 16.0}, 0.0)
    envelope.attached(replace(A, control="B"))
    assert envelope.may_draw("a", 1e9) == 16.0


def test_a_refusal_that_comes_late_proves_nothing_about_the_same_limit_sent_before():
    envelope = idle(replace(A, control="B"))
    numbers = []
    for now in (0.0, 31.0):
        (send,) = envelope.plan({"a": 16.0}, now)
        envelope.lost(send.seq)
        numbers.append(send.seq)
    envelope.rejected(numbers[1], 65.0)
    assert envelope.may_draw("a", 65.0) == 16.0


def test_leases_that_matter_are_renewed_at_sixty_percent():
    envelope = idle(A, B)
    told(envelope, {"a": 16.0, "b": 0.0}, 0.0)
    assert envelope.plan({"a": 16.0, "b": 0.0}, 539.0) == []
    (send,) = envelope.plan({"a": 16.4, "b": 0.0}, 540.0)
    assert (send.evse, send.amps, send.reason, send.until) == ("a", 15.9 + 0.5, "renewal", 1440.0)


def test_a_paused_session_above_its_pause_is_renewed_too():
    envelope = idle(replace(A, fallback=6.0))
    assert told(envelope, {"a": 0.0}, 0.0) == {"a": 0.0}
    assert envelope.may_draw("a", 1.0) == 6.0
    assert told(envelope, {"a": 0.0}, 540.0) == {"a": 0.0}


def test_small_and_hasty_raises_wait():
    envelope = idle(A)
    told(envelope, {"a": 16.0}, 0.0)
    assert told(envelope, {"a": 16.9}, 100.0) == {}
    assert told(envelope, {"a": 20.0}, 29.0) == {}
    assert told(envelope, {"a": 20.0}, 30.0) == {"a": 20.0}
    assert told(envelope, {"a": 10.0}, 31.0) == {"a": 10.0}
    assert told(envelope, {"a": 20.0}, 60.0) == {}


def test_a_small_decrease_waits_until_someone_needs_it():
    envelope = idle(A, B, replace(A, id="c"))
    told(envelope, {"a": 12.5, "b": 12.5}, 0.0)
    assert told(envelope, {"a": 12.0, "b": 12.0}, 100.0) == {}
    assert told(envelope, {"a": 12.0, "b": 12.0, "c": 7.9}, 101.0) == {"c": 7.0}
    assert told(envelope, {"a": 12.0, "b": 12.0, "c": 8.0}, 140.0) == {"a": 12.0, "b": 12.0}
    assert told(envelope, {"a": 12.0, "b": 12.0, "c": 8.0}, 141.0) == {"c": 8.0}
    tree = Tree([Circuit("main", None, 16.2)])
    envelope = idle(A, tree=tree)
    told(envelope, {"a": 16.0}, 0.0)
    envelope.limits_changed({"main": (15.9, 32.0, 32.0)})
    assert told(envelope, {"a": 16.0}, 1.0) == {"a": 15.9}


def test_a_car_starts_with_what_there_is_and_others_wait_for_the_whole():
    envelope = idle(A, B, replace(A, id="c"))
    told(envelope, {"a": 20.0, "b": 6.0}, 0.0)
    sends = envelope.plan({"a": 10.0, "b": 12.0, "c": 10.0}, 60.0)
    assert [(send.evse, send.amps) for send in sends] == [("a", 10.0), ("c", 6.0)]


def test_nothing_between_zero_and_the_lowest_limit_is_ever_sent():
    envelope = idle(A, replace(B, least=8.0))
    assert told(envelope, {"a": 5.99, "b": 7.9}, 0.0) == {}
    assert told(envelope, {"a": 6.0, "b": 8.06}, 0.0) == {"a": 6.0, "b": 8.0}
    assert told(envelope, {"a": math.nan, "b": -1.0}, 1.0) == {"a": 0.0, "b": 0.0}


def test_one_send_at_a_time():
    envelope = idle(A)
    (first,) = envelope.plan({"a": 16.0}, 0.0)
    assert envelope.plan({"a": 6.0}, 10.0) == []
    envelope.accepted(first.seq, 11.0)
    assert told(envelope, {"a": 6.0}, 11.0) == {"a": 6.0}


def test_a_lowered_limit_is_shed_at_once_and_reported_until_it_holds():
    envelope = idle(A, B)
    told(envelope, {"a": 16.0, "b": 16.0}, 0.0)
    envelope.went_offline("b")
    envelope.limits_changed({"main": (32.0, 20.0, 32.0)})
    (over,) = envelope.overcommitted(100.0)
    assert (over.conductor, over.amps, over.until) == (Conductor("main", 1), 12.0, 960.0)
    assert told(envelope, {"a": 16.0}, 100.0) == {"a": 0.0}
    assert envelope.overcommitted(101.0) == []
    envelope.limits_changed({"main": (32.0, 10.0, 32.0)})
    assert [over.until for over in envelope.overcommitted(102.0)] == [960.0]
    assert envelope.overcommitted(960.0) == []
    envelope.attached(replace(B, id="c"))
    assert [over.until for over in envelope.overcommitted(970.0)] == [None]


def test_targets_of_a_wrong_allocator_are_cut_to_what_fits():
    envelope = idle(A, B, replace(A, id="c"))
    assert told(envelope, {"a": 32.0, "b": 12.0, "c": 32.0}, 0.0) == {"a": 12.2, "b": 7.4, "c": 12.2}
    envelope.limits_changed({"main": (14.0, 14.0, 14.0)})
    assert told(envelope, {"a": 12.0, "b": 12.0, "c": 12.0}, 1.0) == {"a": 6.0, "b": 6.0, "c": 0.0}


def test_room_is_what_the_others_leave():
    tree = Tree([Circuit("main", None, 63.0), Circuit("board", "main", 40.0, rotation="RST")])
    here = replace(A, circuit="board", mask=(0, 1, 0))
    envelope = idle(here, replace(here, id="off"), replace(B, fallback=6.0), tree=tree)
    told(envelope, {"a": 10.0, "off": 12.0, "b": 20.0}, 0.0)
    envelope.went_offline("off")
    assert envelope.room(["a"], 1.0) == {"main": (57.0, 45.0, 57.0), "board": (40.0, 28.0, 40.0)}
    assert envelope.room(["a", "b", "off"], 1.0) == {"main": (63.0, 51.0, 63.0), "board": (40.0, 28.0, 40.0)}


def test_room_is_never_less_than_nothing():
    """Others may claim more than the cable carries; nobody is offered a debt."""
    envelope = idle(A, B)
    told(envelope, {"a": 20.0, "b": 30.0}, 0.0)
    envelope.went_offline("b")
    envelope.limits_changed({"main": (16.0, 40.0, 16.0)})
    assert envelope.room(["a"], 1.0) == {"main": (0.0, 21.4, 0.0)}


def test_who_owes_an_answer_gives_nothing_to_others():
    """A decrease that nobody answered may never have arrived: somebody else has to pay."""
    envelope = idle(A, B, tree=Tree([Circuit("main", None, 60.0)]))
    told(envelope, {"a": 30.0, "b": 30.0}, 0.0)
    envelope.limits_changed({"main": (40.0, 40.0, 40.0)})
    sends = {send.evse: send for send in envelope.plan({"a": 20.0, "b": 20.0}, 40.0)}
    for send in sends.values():
        envelope.sent(send.seq, 40.0)
    envelope.accepted(sends["b"].seq, 41.0)
    assert told(envelope, {"a": 20.0, "b": 20.0}, 49.0) == {}
    assert told(envelope, {"a": 20.0, "b": 20.0}, 50.0) == {"b": 10.0}
    assert envelope.overcommitted(56.0) == []
    envelope.accepted(sends["a"].seq, 57.0)
    assert told(envelope, {"a": 20.0, "b": 20.0}, 90.0) == {"b": 20.0}


def test_a_session_that_ends_takes_its_limit_with_it():
    envelope = idle(A)
    (send,) = envelope.plan({"a": 16.0}, 0.0)
    envelope.accepted(send.seq, 0.0)
    envelope.released("a", up_to=send.seq - 1)
    assert envelope.may_draw("a", 1.0) == 16.0
    envelope.released("a", up_to=send.seq)
    assert envelope.may_draw("a", 1.0) == 0.0


def test_a_station_that_comes_back_is_told_again():
    envelope = idle(A)
    told(envelope, {"a": 16.0}, 0.0)
    envelope.went_offline("a")
    envelope.came_online("a")
    assert told(envelope, {"a": 16.0}, 5.0) == {"a": 16.0}
    assert told(envelope, {"a": 16.0}, 6.0) == {}


def test_a_crash_forgets_nothing_that_may_be_in_force():
    envelope = idle(A, B)
    told(envelope, {"a": 10.0, "b": 8.0}, 0.0)
    sends = envelope.plan({"a": 6.0, "b": 20.0}, 100.0)
    log = json.loads(json.dumps(envelope.dump()))
    reborn = Envelope.load(MAIN, log)
    assert reborn.evses == ["a", "b"]
    assert [reborn.may_draw(id, 101.0) for id in ("a", "b")] == [10.0, 20.0]
    reborn.accepted(next(send.seq for send in sends if send.evse == "a"), 101.0)
    assert reborn.may_draw("a", 101.0) == 6.0
    assert not reborn.steerable("a")
    reborn.came_online("a")
    (send,) = reborn.plan({"a": 6.0}, 101.0)
    assert send.seq > max(send.seq for send in sends)


def test_a_detached_evse_is_forgotten_and_its_answers_passed_over():
    envelope = idle(A)
    (send,) = envelope.plan({"a": 16.0}, 0.0)
    envelope.detached("a")
    envelope.accepted(send.seq, 0.0)
    assert envelope.evses == []


def test_unanswered_limits_do_not_pile_up():
    envelope = idle(replace(A, control="B"))
    for minute in range(300):
        for send in envelope.plan({"a": 16.0 - minute % 2}, 60.0 * minute):
            envelope.lost(send.seq)
    assert len(envelope.record("a")["sent"]) == 2


@pytest.mark.parametrize("broken", [{"rating": math.nan}, {"fallback": 40.0}, {"fallback": 3.0}, {"ttl": 0.0}])
def test_evses_that_make_no_sense_are_refused(broken):
    with pytest.raises(ValueError, match="EVSE a"):
        replace(A, **broken)


def test_what_a_car_only_follows_is_no_room_for_a_raise_while_too_much_may_be_drawn():
    """Two that nothing was known of have taken 0 A, one of them with a long reaction: the other waits for it."""
    tree = Tree([Circuit("main", None, 20.0)])
    envelope = Envelope(tree)
    for id, reaction in (("late", 60.0), ("prompt", 10.0)):
        envelope.attached(Evse(id, "main", (1, 1, 1), rating=32.0, reaction=reaction))
        envelope.came_online(id)
    for send in envelope.plan({}, 0.0):
        envelope.sent(send.seq, 0.0)
        envelope.accepted(send.seq, 1.0)
    assert envelope.plan({"prompt": 10.0}, 5.0) == []
    assert envelope.plan({"prompt": 10.0}, 60.0) == []
    assert [send.amps for send in envelope.plan({"prompt": 10.0}, 61.0)] == [10.0]
