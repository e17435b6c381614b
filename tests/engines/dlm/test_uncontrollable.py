"""Who does not obey, refuses, or came back and may have forgotten: told on, and reckoned with at the rating or less."""

import json
from dataclasses import replace

import pytest

from ohmstead.engines.dlm.envelope import Envelope
from ohmstead.engines.dlm.holding import Evse
from ohmstead.engines.dlm.planning import Send
from ohmstead.engines.dlm.tree import Circuit, Tree

MAIN = Tree([Circuit("main", None, 40.0)])
A = Evse("a", "main", (1, 1, 1), rating=32.0, reaction=0.0)
B = replace(A, id="b")


def settled(*evses: Evse, tree: Tree = MAIN) -> Envelope:
    """All are online, idle and at their fallback."""
    envelope = Envelope(tree)
    for evse in evses:
        envelope.attached(evse)
        envelope.came_online(evse.id)
    take(envelope, {}, -10.0)
    return envelope


def take(envelope: Envelope, targets: dict, now: float) -> dict:
    """Plan, and have all accepted; A per EVSE."""
    sends = envelope.plan(targets, now)
    for send in sends:
        envelope.accepted(send.seq, now)
    return {send.evse: send.amps for send in sends}


def heard(envelope: Envelope, targets: dict, until: int, accepts: bool = True, start: int = 0) -> list[int]:
    """When, looked at every second, `a` is told something."""
    times = []
    for now in range(start, until):
        for send in envelope.plan(targets, float(now)):
            if send.evse != "a" or accepts:
                envelope.accepted(send.seq, float(now))
            else:
                envelope.rejected(send.seq, float(now))
            times += [now] if send.evse == "a" else []
    return times


def test_who_does_not_obey_is_told_on_ever_more_seldom() -> None:
    envelope = settled(A)
    take(envelope, {"a": 16.0}, 0.0)
    envelope.attached(replace(A, control="C"))
    envelope.tell_again("a")
    times = heard(envelope, {"a": 6.0}, 1500, start=100)
    assert times == [100, 110, 130, 170, 250, 410, 710, 1010, 1310]
    assert envelope.may_draw("a", 1500.0) == 32.0
    envelope.went_offline("a")
    assert heard(envelope, {"a": 6.0}, 1600, start=1500) == []
    envelope.came_online("a")
    assert heard(envelope, {"a": 6.0}, 1720, start=1700) == [1700, 1710]


def test_its_limits_are_leases_so_that_it_counts_with_them_once_it_is_believed() -> None:
    envelope = settled(A)
    envelope.attached(replace(A, control="C"))
    (send,) = envelope.plan({"a": 6.0}, 100.0)
    assert (send.amps, send.until) == (6.0, 1000.0)
    envelope.accepted(send.seq, 100.0)
    assert envelope.outlook("a", 100.0) == [(100.0, 6.0), (1065.0 - 5.0, 0.0)]
    assert envelope.may_draw("a", 101.0) == 32.0
    envelope.attached(A)
    assert envelope.may_draw("a", 101.0) == 6.0
    assert envelope.steerable("a")


def test_who_refuses_is_told_on_too_idle_or_not() -> None:
    for targets in ({"a": 6.0}, {}):
        envelope = Envelope(MAIN)
        envelope.attached(A)
        envelope.came_online("a")
        times = heard(envelope, targets, 1500, accepts=False)
        assert times == [0, 10, 30, 70, 150, 310, 610, 910, 1210]
        assert not envelope.controllable("a")
        assert envelope.may_draw("a", 1500.0) == 32.0


@pytest.mark.parametrize("why", ["disobeys", "refuses", "unknown", "forgot"])
def test_where_nobody_is_nothing_is_reserved_as_long_as_it_can_say_so(why: str) -> None:
    """Full at once when somebody comes, or its line breaks."""
    envelope = settled(A, B) if why != "unknown" else settled(B)
    envelope.attached(replace(A, control="C") if why == "disobeys" else A)
    envelope.came_online("a")
    if why == "disobeys":
        take(envelope, {}, 0.0)
    else:
        for now in (10.0, 20.0, 60.0) if why == "refuses" else (10.0,):
            for send in envelope.plan({}, now):
                if why == "refuses":
                    envelope.rejected(send.seq, now)
                else:
                    envelope.lost(send.seq)
    assert (envelope.exemption("a"), envelope.may_draw("a", 100.0)) == (why, 32.0)
    envelope.empty("a", True)
    assert (envelope.exemption("a"), envelope.may_draw("a", 100.0)) == ("empty", 0.0)
    assert envelope.room(["b"], 100.0)["main"] == (40.0, 40.0, 40.0)
    envelope.empty("a", False)
    assert envelope.may_draw("a", 100.0) == 32.0
    envelope.empty("a", True)
    envelope.went_offline("a")
    assert (envelope.exemption("a"), envelope.may_draw("a", 100.0)) == (why, 32.0)
    assert envelope.exemption("b") is None


def test_when_somebody_comes_to_one_that_does_not_obey_the_others_are_lowered_at_once() -> None:
    envelope = settled(A, B)
    envelope.attached(replace(A, control="C"))
    envelope.empty("a", True)
    assert take(envelope, {"b": 32.0}, 0.0) == {"b": 32.0}
    envelope.empty("a", False)
    sends = envelope.plan({"a": 6.0, "b": 8.0}, 100.0)
    assert {send.evse: send.amps for send in sends} == {"a": 6.0, "b": 8.0}
    assert next(send.reason for send in sends if send.evse == "b") == "decrease"


# Who came back


def came_back(envelope: Envelope, evse: str, now: float) -> Send:
    envelope.went_offline(evse)
    envelope.came_online(evse)
    (send,) = envelope.plan({}, now)
    return send


def test_an_idle_one_that_comes_back_counts_with_its_rating_until_it_took_its_fallback_again() -> None:
    envelope = settled(A)
    assert envelope.may_draw("a", 0.0) == 0.0
    send = came_back(envelope, "a", 10.0)
    assert (send.amps, send.reason) == (0.0, "renewal")
    assert (envelope.may_draw("a", 10.0), envelope.exemption("a")) == (32.0, "forgot")
    envelope.accepted(send.seq, 11.0)
    assert (envelope.may_draw("a", 11.0), envelope.exemption("a")) == (0.0, None)
    assert [envelope.plan({}, float(now)) for now in range(12, 4000, 60)] == [[]] * 67


@pytest.mark.parametrize("fate", ["rejected", "lost", "withdrawn"])
def test_it_is_told_until_it_took_it(fate: str) -> None:
    envelope = settled(A)
    send = came_back(envelope, "a", 10.0)
    if fate == "rejected":
        envelope.rejected(send.seq, 11.0)
    else:
        getattr(envelope, fate)(send.seq)
    assert envelope.may_draw("a", 30.0) == 32.0
    assert take(envelope, {}, 30.0) == {"a": 0.0}
    assert envelope.may_draw("a", 30.0) == 0.0


def test_an_answer_to_what_it_was_told_before_it_left_proves_nothing() -> None:
    """It took its limit on the old line, then rebooted and forgot."""
    envelope = settled(A)
    (old,) = envelope.plan({"a": 10.0}, 10.0)
    envelope.went_offline("a")
    envelope.came_online("a")
    envelope.accepted(old.seq, 12.0)
    assert envelope.may_draw("a", 12.0) == 32.0
    assert take(envelope, {"a": 10.0}, 13.0) == {"a": 10.0}
    assert envelope.may_draw("a", 13.0) == 10.0


def test_that_it_may_have_forgotten_survives_a_crash_and_a_broken_line() -> None:
    envelope = settled(A)
    came_back(envelope, "a", 10.0)
    envelope.went_offline("a")
    assert envelope.may_draw("a", 1e6) == 32.0
    again = Envelope.load(MAIN, json.loads(json.dumps(envelope.dump())))
    assert again.may_draw("a", 1e6) == 32.0


def test_a_record_of_an_earlier_release_is_read() -> None:
    (record,) = settled(A).dump()
    for name in ("forgotten", "doubts", "before"):
        del record[name]
    del record["held"]["resting"]
    assert Envelope.load(MAIN, [record]).may_draw("a", 0.0) == 0.0


def test_a_tree_that_is_cut_otherwise_makes_nobody_forget() -> None:
    envelope = settled(A, B)
    take(envelope, {"a": 16.0}, 0.0)
    tree = Tree([Circuit("main", None, 50.0)])
    again = Envelope.load(tree, envelope.dump(), online=envelope.evses)
    assert [again.may_draw(id, 1.0) for id in ("a", "b")] == [16.0, 0.0]
    assert again.plan({"a": 16.0}, 1.0) == []


def test_many_that_come_back_at_once_starve_nobody() -> None:
    """Forty idle ones whose ratings would fill the cable twenty times: who charges goes on, and rises seconds later."""
    idle = [replace(A, id=f"idle {number}", reaction=5.0) for number in range(40)]
    envelope = settled(A, B, *idle)
    take(envelope, {"a": 20.0, "b": 10.0}, 100.0)
    for one in [A, *idle]:
        envelope.went_offline(one.id)
        envelope.came_online(one.id)
    assert envelope.room(["a", "b"], 200.0)["main"] == (40.0, 40.0, 40.0)
    sends = envelope.plan({"a": 20.0, "b": 20.0}, 200.0)
    assert {send.amps for send in sends if send.evse != "a"} == {0.0}
    assert [send.amps for send in sends if send.evse == "a"] == [20.0]
    assert len(sends) == 41
    for send in sends:
        envelope.accepted(send.seq, 202.0)
    assert take(envelope, {"a": 20.0, "b": 20.0}, 206.0) == {}
    assert take(envelope, {"a": 20.0, "b": 20.0}, 207.0) == {"b": 20.0}


def test_nobody_is_told_more_because_it_counts_with_its_rating() -> None:
    """A newcomer to a full cable is told what the others leave it, though it counts with more."""
    envelope = settled(A)
    take(envelope, {"a": 32.0}, 0.0)
    envelope.attached(B)
    envelope.came_online("b")
    assert take(envelope, {"a": 32.0, "b": 20.0}, 10.0)["b"] == 8.0


# What it reckons itself


def test_one_that_reckons_with_more_than_its_fallback_is_told_again_and_not_believed() -> None:
    envelope = settled(A)
    assert envelope.resting("a")
    assert not envelope.reckons("a", 32.0, 10.0)
    assert (envelope.may_draw("a", 10.0), envelope.exemption("a")) == (32.0, "forgot")
    assert heard(envelope, {}, 100, start=10) == [20]
    assert envelope.may_draw("a", 100.0) == 32.0
    assert envelope.reckons("a", 0.4, 110.0)
    assert (envelope.may_draw("a", 110.0), envelope.exemption("a")) == (0.0, None)


def test_what_it_does_not_keep_between_sessions_says_nothing_of_its_limits_in_one() -> None:
    envelope = settled(A)
    envelope.reckons("a", 32.0, 10.0)
    assert take(envelope, {"a": 10.0}, 20.0) == {"a": 10.0}
    assert envelope.may_draw("a", 20.0) == 10.0
    assert not envelope.reckons("a", 0.0, 21.0)  # of a charge it says nothing
    envelope.released("a", envelope.newest("a"))
    assert envelope.may_draw("a", 30.0) == 32.0


def test_who_is_watched_counts_with_what_its_car_takes() -> None:
    envelope = settled(A, B)
    envelope.attached(replace(A, control="C"))
    envelope.takes("a", 18.0)
    assert envelope.may_draw("a", 1.0) == 18.0
    assert envelope.may_draw("b", 1.0) == 0.0, "one that obeys counts with its limit"
    envelope.takes("a", 50.0)
    assert envelope.may_draw("a", 1.0) == 32.0, "never with more than its rating"
    envelope.takes("a", 18.0)
    envelope.went_offline("a")
    assert envelope.may_draw("a", 1.0) == 32.0, "nobody watches it"
    envelope.came_online("a")
    envelope.takes("a", None)
    assert envelope.may_draw("a", 1.0) == 32.0
