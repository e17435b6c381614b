"""Limits that end by the station's own count of how long it has been offline: told once, reserved until they ended."""

import json

import pytest

from ohmstead.engines.dlm.envelope import Envelope
from ohmstead.engines.dlm.holding import Evse, Holding, Lease
from ohmstead.engines.dlm.tree import Circuit, Tree

TREE = Tree([Circuit("main", None, 40.0)])
OWN_COUNT = Evse("a", "main", (1, 1, 1), rating=32.0, offline_for=300.0)
LEASED = Evse("b", "main", (1, 1, 1), rating=32.0)
OVER = 300.0 + OWN_COUNT.guard + OWN_COUNT.reaction


def charging(evse: Evse, now: float = 0.0) -> Envelope:
    """One that took 16 A at `now`."""
    envelope = Envelope(TREE)
    envelope.attached(evse)
    envelope.came_online(evse.id)
    (send,) = envelope.plan({evse.id: 16.0}, now)
    envelope.sent(send.seq, now)
    envelope.accepted(send.seq, now)
    return envelope


def rounds(envelope: Envelope, evse: Evse, hours: int) -> int:
    """How many limits are sent while nothing changes."""
    found = 0
    for now in range(10, hours * 3600, 10):
        for send in envelope.plan({evse.id: 16.0}, now):
            found += 1
            envelope.sent(send.seq, now)
            envelope.accepted(send.seq, now)
    return found


def test_nothing_is_renewed_while_it_is_online():
    assert rounds(charging(OWN_COUNT), OWN_COUNT, hours=3) == 0
    assert rounds(charging(LEASED), LEASED, hours=3) == 19  # every nine minutes


def test_its_limit_has_no_end_and_says_how_long_it_lasts_offline():
    envelope = Envelope(TREE)
    envelope.attached(OWN_COUNT)
    envelope.came_online("a")
    (send,) = envelope.plan({"a": 16.0}, 0.0)
    assert (send.until, send.offline_for) == (None, 300.0)
    envelope.accepted(send.seq, 0.0)
    assert envelope.may_draw("a", 1e6) == envelope.offered("a", 1e6) == 16.0


def test_its_current_stays_reserved_until_it_has_stopped_for_certain():
    envelope = charging(OWN_COUNT)
    envelope.went_offline("a")
    assert envelope.may_draw("a", 5000.0) == 16.0, "nobody has said yet when"
    envelope.plan({"a": 16.0}, 5000.0)
    assert envelope.may_draw("a", 5000.0 + OVER - 1) == 16.0
    assert envelope.may_draw("a", 5000.0 + OVER) == 0.0
    assert envelope.offered("a", 5000.0 + OVER) == 0.0


def test_it_may_have_stopped_already_for_nobody_knows_when_its_line_broke():
    holding = Holding(OWN_COUNT, held=Lease(1, 16.0, None, 0.0, offline_for=300.0), online=True)
    assert holding.possible(100.0) == [16.0]
    holding.went_offline()
    holding.notice(100.0)
    assert holding.possible(101.0) == [16.0, 0.0]
    assert holding.possible(100.0 + OVER) == [0.0]


def test_what_was_not_answered_counts_as_long():
    envelope = charging(OWN_COUNT)
    (send,) = envelope.plan({"a": 24.0}, 100.0)
    envelope.sent(send.seq, 100.0)
    envelope.went_offline("a")
    envelope.plan({}, 110.0)
    assert envelope.may_draw("a", 110.0 + OVER - 1) == 24.0
    assert envelope.may_draw("a", 110.0 + OVER) == 0.0


def test_each_time_offline_counts_anew():
    envelope = charging(OWN_COUNT)
    for began in (1000.0, 1250.0):
        envelope.went_offline("a")
        envelope.plan({}, began)
        if began == 1000.0:
            envelope.came_online("a")
            (send,) = envelope.plan({"a": 16.0}, began + 100)
            envelope.accepted(send.seq, began + 100)
    assert envelope.may_draw("a", 1000.0 + OVER) == 16.0
    assert envelope.may_draw("a", 1250.0 + OVER) == 0.0


def test_after_a_crash_it_is_taken_to_have_been_online_until_just_now():
    before = charging(OWN_COUNT)
    before.went_offline("a")
    before.plan({}, 100.0)
    after = Envelope.load(TREE, [json.loads(json.dumps(before.record("a")))])
    after.plan({}, 350.0)
    assert after.may_draw("a", 350.0 + OVER - 1) == 16.0
    assert after.may_draw("a", 350.0 + OVER) == 0.0


def test_the_next_limit_is_of_the_other_kind_once_that_is_known():
    envelope = charging(Evse("a", "main", (1, 1, 1), rating=32.0))
    envelope.attached(OWN_COUNT)
    sends = envelope.plan({"a": 16.0}, 600.0)
    assert [(send.reason, send.offline_for) for send in sends] == [("renewal", 300.0)]
    envelope.accepted(sends[0].seq, 600.0)
    assert rounds(envelope, OWN_COUNT, hours=3) == 0


def test_a_time_below_zero_makes_no_sense():
    with pytest.raises(ValueError, match="times"):
        Evse("a", "main", (1, 1, 1), rating=32.0, offline_for=-1.0)
