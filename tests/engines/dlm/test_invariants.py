"""The invariants of the envelope under faults that are about time: what goes out at once, what waits, what is foretold.

`test_envelope_faults` holds every cable to its limit: what may be in force counts until it is certain (I1, I3, I4, I8).
Here the same world, with a site that goes dark as a whole, is also held to: decreases go out at once and raises only
into room that is certain (I2), raises are rare and whole (I5), and of each excess the end is known (I7).
"""

from dataclasses import replace

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, rule

from ohmstead.engines.dlm.envelope import Envelope
from ohmstead.engines.dlm.holding import Holding
from ohmstead.engines.dlm.planning import Send
from ohmstead.engines.dlm.shedding import sendable
from tests.engines.dlm.test_envelope_faults import Faults
from tests.engines.dlm.world import HAIR, IDS, TREE, World


class PacedWorld(World):
    """Notes what was sent, and holds each round to what was to be sent."""

    def __init__(self, skews: list[float]) -> None:
        self.changed: dict[str, float] = {}
        self.refused: set[str] = set()
        super().__init__(skews)

    def plan(self, targets: dict[str, float]) -> None:
        highest = {id: self.envelope.highest(id, self.now) for id in IDS}
        lowest = {id: min(Holding.restored(self.envelope.record(id)).possible(self.now)) for id in IDS}
        due = [id for id in IDS if self._can_be_told(id) and self._target(id, targets) <= highest[id] - 1.0]
        sends = self._planned(targets)
        assert set(due) <= sends.keys(), "a decrease goes out at once"
        for id, send in sends.items():
            assert send.amps <= self._target(id, targets) + HAIR, "nobody is told more than is wanted"
            if send.reason == "raise":
                assert self.now >= self.changed.get(id, 0.0) + 30.0, "a raise waits"
                assert send.amps >= lowest[id] + 1.0 - HAIR, "and is worth a message"
            if send.reason not in ("first", "renewal"):
                self.changed[id] = self.now

    def _planned(self, targets: dict[str, float]) -> dict[str, Send]:
        """What the world's own round sends."""
        found: list[Send] = []
        plan = self.envelope.plan

        def noted(*given) -> list[Send]:
            found.extend(plan(*given))
            return found

        self.envelope.plan = noted  # type: ignore[method-assign]
        try:
            super().plan(targets)
        finally:
            del self.envelope.plan
        return {str(send.evse): send for send in found}

    def _can_be_told(self, id: str) -> bool:
        """It can be reached and owes no answer; one that refused is told later."""
        willing = id not in self.refused and self.envelope.controllable(id)
        return willing and self.envelope.online(id) and not self.stations[id].waiting

    def _target(self, id: str, targets: dict[str, float]) -> float:
        evse = self.envelope.known(id)
        assert evse is not None
        return sendable(evse, targets.get(id, evse.fallback))

    def answer_arrives(self, index: int) -> None:
        """A frame of a session that is over is refused as well."""
        if self.answers:
            seq, accepted = self.answers[index % len(self.answers)]
            owners = {id for id, station in self.stations.items() if seq in station.waiting}
            self.refused = self.refused - owners if accepted else self.refused | set(IDS)
        super().answer_arrives(index)

    def goes_dark(self) -> None:
        """The line of the whole site breaks."""
        for id in IDS:
            self.connection_breaks(id)

    def check_foretold(self) -> None:
        """Where an end of an excess is foretold, it is over by then though nobody says anything."""
        for over in self.envelope.overcommitted(self.now):
            if over.until is not None:
                assert over.until > self.now
                later = {one.conductor: one.amps for one in self.envelope.overcommitted(over.until)}
                assert over.conductor not in later

    def check_rebuilt(self) -> None:
        """What is written down is enough to know as much after a crash: everybody counts with no less than now."""
        self.write_all()
        record = Envelope.load(TREE, [self.envelope.record(id) for id in IDS], self.limits)
        for id in IDS:
            if not self.envelope.exemption(id):
                assert record.may_draw(id, self.now) >= self.envelope.may_draw(id, self.now) - HAIR


class Invariants(Faults):
    """Everything that may happen, in any order."""

    @initialize(skews=st.lists(st.sampled_from([-1.0, 0.0, 1.0]), min_size=5, max_size=5))
    def build(self, skews):
        self.world = PacedWorld(skews)

    @rule()
    def the_site_goes_dark(self):
        self.world.goes_dark()

    @rule(wanted=st.dictionaries(st.sampled_from(IDS), st.sampled_from([0.0, 6.0, 8.0, 10.0, 16.0]), min_size=3))
    def answered_round(self, wanted):
        """A whole round without a fault, so that there is something to lose."""
        self.world.plan(wanted)
        for id in IDS:
            while self.world.stations[id].inbox:
                self.world.frame_arrives(id)
        while self.world.answers:
            self.world.answer_arrives(0)

    @invariant()
    def the_end_of_each_excess_is_foretold(self):
        self.world.check_foretold()

    @invariant()
    def what_is_written_down_is_enough(self):
        self.world.check_rebuilt()


Invariants.TestCase.settings = settings(
    max_examples=30, stateful_step_count=30, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
TestInvariants = Invariants.TestCase


def test_a_site_that_goes_dark_keeps_its_leases_reserved_until_they_are_over():
    world = PacedWorld([0.0] * 5)
    targets = dict.fromkeys(IDS, 16.0) | {"m1": 8.0}
    for _ in range(8):
        world.plan(targets)
        for id in IDS:
            while world.stations[id].inbox:
                world.frame_arrives(id)
        while world.answers:
            world.answer_arrives(0)
        world.wait(31.0)
    before = {id: world.envelope.may_draw(id, world.now) for id in IDS}
    world.goes_dark()
    world.check()
    assert {id: world.envelope.may_draw(id, world.now) for id in IDS} == before
    world.wait(400.0)  # of leases of 120 to 300 s, and the guard
    world.check()
    kept = {id: world.envelope.may_draw(id, world.now) for id in IDS}
    assert kept == {"l1": 0.0, "l2": 6.0, "r1": 6.0, "r2": before["r2"], "m1": 0.0}


def test_a_fallback_that_does_not_fit_is_reported_before_anybody_is_told_anything():
    """What may be written is the rooms' to refuse; what is there anyway is no secret (I6)."""
    world = PacedWorld([0.0] * 5)
    for id in ("l1", "l2"):
        known = world.envelope.known(id)
        assert known is not None
        world.envelope.attached(replace(known, fallback=20.0))
    over = [(one.conductor.circuit, one.until) for one in world.envelope.overcommitted(world.now)]
    assert ("left", None) in over
