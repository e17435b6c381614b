"""The pace of a charge: learned after five minutes on end, and not from a vehicle that takes nothing."""

from ohmstead.engines.charging_pace import Pace


def looks(pace: Pace, watts: float, since: int, until: int, energy: float = 0.0, charges: bool = True) -> float:
    for now in range(since, until, 10):
        pace.look(now, energy, charges)
        energy += watts * 10 / 3600
    return energy


def test_it_is_known_after_five_minutes() -> None:
    pace = Pace()
    energy = looks(pace, 3_600, 0, 300)
    assert pace.power_w is None
    looks(pace, 3_600, 300, 310, energy)
    assert round(pace.power_w or 0) == 3_600


def test_a_pause_begins_anew_and_who_is_full_has_the_pace_it_had() -> None:
    pace = Pace(7_000.0)
    energy = looks(pace, 3_600, 0, 200)
    energy = looks(pace, 0, 200, 260, energy, charges=False)
    energy = looks(pace, 3_600, 260, 550, energy)
    assert pace.power_w == 7_000
    energy = looks(pace, 3_600, 550, 570, energy)
    assert round(pace.power_w) == 3_600
    looks(pace, 10, 570, 2_000, energy)
    assert round(pace.power_w) == 3_600
