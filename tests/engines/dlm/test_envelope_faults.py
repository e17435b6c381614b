"""The envelope under every fault the network and the stations have: no cable is ever asked for more than it carries.

Two drivers of the same world: a state machine that shrinks what it finds, and long seeded runs in which the faults come
as they do on a site, so that leases run out, refusals add up and answers meet the limits of a later hour.
"""

import random

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tests.engines.dlm.world import HAIR, IDS, TREE, World

some_evse = st.sampled_from(IDS)


class Faults(RuleBasedStateMachine):
    """Everything that may happen, in any order."""

    @initialize(skews=st.lists(st.sampled_from([-1.0, -0.3, 0.0, 1.0]), min_size=len(IDS), max_size=len(IDS)))
    def build(self, skews):
        self.world = World(skews)

    @rule(wanted=st.dictionaries(some_evse, st.floats(0, 40)))
    def plan(self, wanted):
        self.world.plan(wanted)

    @rule(seconds=st.sampled_from([1.0, 31.0, 61.0, 119.0, 300.0]))
    def wait(self, seconds):
        self.world.wait(seconds)

    @rule(evse=some_evse, event=st.sampled_from(["frame_arrives", "frame_is_lost"]))
    def frame(self, evse, event):
        getattr(self.world, event)(evse)

    @rule(index=st.integers(0, 5), event=st.sampled_from(["answer_arrives", "answer_is_lost"]))
    def answer(self, index, event):
        getattr(self.world, event)(index)

    @rule(event=st.sampled_from(["give_up_waiting", "write_all", "engine_crashes"]))
    def engine(self, event):
        getattr(self.world, event)()

    @rule(
        evse=some_evse,
        event=st.sampled_from(
            [
                "line_breaks_unnoticed",
                "connection_breaks",
                "connection_returns",
                "station_reboots",
                "station_comes_back_blank",
            ]
        ),
    )
    def connection(self, evse, event):
        getattr(self.world, event)(evse)

    @rule(evse=some_evse, event=st.sampled_from(["session_ends", "end_is_reported"]))
    def session(self, evse, event):
        getattr(self.world, event)(evse)

    @rule(evse=some_evse, refuses=st.booleans())
    def refusal(self, evse, refuses):
        self.world.station_refuses(evse, refuses)

    @rule(circuit=st.sampled_from(TREE.ids), line=st.integers(0, 2), share=st.sampled_from([0.0, 0.4, 0.8, 1.0]))
    def limit(self, circuit, line, share):
        self.world.limit_changes(circuit, line, share)

    @rule(evse=st.sampled_from(["l1", "m1"]), fallback=st.sampled_from([0.0, 8.0]))
    def setting(self, evse, fallback):
        self.world.fallback_is_set(evse, fallback)

    @invariant()
    def no_cable_carries_too_much(self):
        self.world.check()


Faults.TestCase.settings = settings(
    max_examples=60, stateful_step_count=40, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
TestFaults = Faults.TestCase

EVENTS = {
    "plan": 30,
    "frame_arrives": 60,
    "answer_arrives": 40,
    "wait": 30,
    "give_up_waiting": 10,
    "write_all": 4,
    "frame_is_lost": 3,
    "answer_is_lost": 3,
    "line_breaks_unnoticed": 2,
    "connection_breaks": 2,
    "connection_returns": 6,
    "station_reboots": 1,
    "station_comes_back_blank": 1,
    "session_ends": 3,
    "end_is_reported": 5,
    "station_refuses": 2,
    "limit_changes": 2,
    "fallback_is_set": 1,
    "engine_crashes": 0.5,
}


def happens(world: World, event: str, dice: random.Random, targets: dict[str, float]) -> None:
    """One event with details as the dice fall."""
    id = dice.choice(IDS)
    details: dict[str, tuple] = {
        "plan": (targets,),
        "wait": (dice.choice([1.0, 5.0, 10.0, 31.0, 31.0, dice.uniform(0, 400)]),),
        "answer_arrives": (dice.randrange(9),),
        "answer_is_lost": (dice.randrange(9),),
        "station_refuses": (id, dice.random() < 0.3),
        "limit_changes": (dice.choice(TREE.ids), dice.randrange(3), dice.choice([0.0, 0.5, 0.8, 1.0, 1.0, 1.0])),
        "fallback_is_set": (dice.choice(["l1", "m1"]), dice.choice([0.0, 0.0, 8.0])),
    }
    plain = event in ("give_up_waiting", "write_all", "engine_crashes")
    getattr(world, event)(*(() if plain else details.get(event, (id,))))


def wishes(dice: random.Random) -> dict[str, float]:
    return {id: dice.choice([0.0, 6.0, dice.uniform(6, 34)]) for id in IDS if dice.random() < 0.8}


@pytest.mark.parametrize("seed", range(8))
def test_long_runs_of_ordinary_trouble(seed):
    dice = random.Random(seed)
    world, targets = World([dice.uniform(-1, 1) for _ in IDS]), wishes(dice)
    for _ in range(3000):
        if dice.random() < 0.05:
            targets = wishes(dice)
        (event,) = dice.choices(list(EVENTS), list(EVENTS.values()))
        happens(world, event, dice, targets)
        world.check()
    calm_down(world)
    settle(world, targets=dict.fromkeys(IDS, 6.0) | {"m1": 8.0})
    for id, station in world.stations.items():
        assert station.may_draw(world.now) == (8.0 if id == "m1" else 6.0)


def calm_down(world: World) -> None:
    """The faults cease: every station is back and willing, every limit as it was."""
    for id in IDS:
        world.station_refuses(id, False)
        world.end_is_reported(id)
        world.connection_returns(id)
        world.fallback_is_set(id, 0.0)
    for circuit in TREE.ids:
        for line in range(3):
            world.limit_changes(str(circuit), line, 1.0)


def settle(world: World, targets: dict[str, float]) -> None:
    """An hour without faults, in which everything arrives."""
    for _ in range(360):
        world.wait(10.0)
        world.plan(targets)
        for id in IDS:
            while world.stations[id].inbox:
                world.frame_arrives(id)
        while world.answers:
            world.answer_arrives(0)
        world.give_up_waiting()
        world.check()
    assert not world.envelope.overcommitted(world.now)
    assert all(world.envelope.may_draw(id, world.now) <= targets[id] + HAIR for id in IDS)
