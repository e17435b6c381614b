"""What an EVSE may draw while its car follows its limits, rounds them, or loses them with its line."""

import json
from dataclasses import replace

import pytest

from ohmstead.engines.dlm.allocate import Demand, allocate
from ohmstead.engines.dlm.envelope import Envelope
from ohmstead.engines.dlm.holding import Evse, Holding, Lease
from ohmstead.engines.dlm.shedding import rests_at, sendable
from ohmstead.engines.dlm.tree import Circuit, Tree

TREE = Tree([Circuit("main", None, 63.0)])
PLAIN = Evse("one", "main", (1, 0, 0), rating=32.0)


def told(evse: Evse, *limits: tuple[float, float]) -> Holding:
    """One that accepted limits (A) at moments."""
    holding = Holding(evse, online=True)
    for number, (now, amps) in enumerate(limits, 1):
        holding.sent[number] = Lease(number, amps, now + 900, evse.fallback)
        holding.accept(number, now)
    return holding


def test_each_limit_is_followed_in_its_own_time():
    """A chain of changes does not keep the highest of them alive for ever."""
    holding = told(replace(PLAIN, reaction=30.0), (0, 32), (20, 20), (40, 16), (60, 10))
    assert [holding.envelope(now) for now in (60, 69, 70, 89, 90)] == [20, 20, 16, 16, 10]
    assert max(holding.ends()) == 60 + 900 + 60 + 30


def test_a_record_of_before_is_understood():
    record = json.loads(json.dumps(told(PLAIN, (0, 32), (100, 10)).record()))
    again = Holding.restored(record)
    assert [again.envelope(now) for now in (104, 105)] == [32, 10]
    for name in ("resolution", "rounding", "keeps_offline"):
        del record["evse"][name]
    older = Holding.restored({**record, "following": 32.0, "follows_at": 105.0})
    assert [older.envelope(now) for now in (104, 105)] == [32, 10]


@pytest.mark.parametrize(("rounding", "amps"), [("down", 12.6), ("nearest", 13.0), ("up", 13.0)])
def test_a_limit_counts_with_what_is_made_of_it(rounding, amps):
    holding = told(replace(PLAIN, resolution=1.0, rounding=rounding), (0, 12.6))
    assert holding.envelope(100) == amps


@pytest.mark.parametrize(
    ("resolution", "amps", "sent"),
    [(0.1, 12.67, 12.6), (0.5, 12.67, 12.5), (1.0, 12.67, 12), (2.0, 13.9, 12), (4.0, 7.9, 0), (0.1, 12.6, 12.6),
     (1.0, 6.9, 6), (1.0, 5.9, 0), (1.0, 40, 32), (0.3, 12.6, 12.6)],
)  # fmt: skip
def test_what_is_sent_is_a_multiple_of_what_is_kept(resolution, amps, sent):
    evse = replace(PLAIN, resolution=resolution)
    assert sendable(evse, amps) == pytest.approx(sent)
    share = allocate(TREE, [Demand("one", "main", (1, 0, 0), 6.0, min(amps, 32.0), resolution=resolution)]).amps["one"]
    assert share == pytest.approx(sent)


def test_a_minimum_between_two_steps_is_the_upper_one():
    evse = replace(PLAIN, least=6.5, resolution=2.0)
    assert (evse.lowest, sendable(evse, 7.9), sendable(evse, 8.0)) == (8, 0, 8)
    assert [rests_at(evse, amps) for amps in (0, 6, 8.1, 31, 33)] == [0, 8, 10, 32, 0]


def test_one_that_drops_its_limits_with_its_line_is_reserved_for_until_it_is_told():
    envelope = Envelope(TREE)
    envelope.attached(replace(PLAIN, keeps_offline=False))
    envelope.came_online("one")
    (send,) = envelope.plan({"one": 10.0}, 0.0)
    envelope.accepted(send.seq, 1.0)
    assert (envelope.may_draw("one", 10.0), envelope.exemption("one")) == (10, None)
    envelope.went_offline("one")
    assert (envelope.may_draw("one", 5000.0), envelope.exemption("one")) == (32, "without_limits")
    envelope.came_online("one")
    assert (envelope.may_draw("one", 5000.0), envelope.exemption("one")) == (32, "forgot")
    (send,) = envelope.plan({"one": 10.0}, 5000.0)
    envelope.accepted(send.seq, 5001.0)
    assert envelope.may_draw("one", 5010.0) == 10
    restarted = Envelope.load(TREE, envelope.dump())
    assert restarted.may_draw("one", 5010.0) == 32


def test_a_lower_fallback_counts_once_it_was_taken():
    envelope = Envelope(TREE)
    envelope.attached(replace(PLAIN, fallback=6.0))
    envelope.came_online("one")
    (send,) = envelope.plan({"one": 10.0}, 0.0)
    envelope.accepted(send.seq, 1.0)
    envelope.attached(PLAIN)
    envelope.released("one", send.seq)
    assert envelope.may_draw("one", 100.0) == 6
    (send,) = envelope.plan({}, 100.0)
    envelope.accepted(send.seq, 101.0)
    assert (send.amps, send.fallback, envelope.may_draw("one", 110.0)) == (0, 0, 0)
