"""The switch for the sun: on and off after a while, and never for a cloud."""

from ohmstead.engines.solar_surplus import SolarSwitch


def test_it_starts_and_stops_only_after_a_while() -> None:
    switch = SolarSwitch(from_grid=2, stable_s=60)
    assert [switch.allows(at, 5.0) for at in (0, 30, 59.9)] == [0, 0, 0]
    assert switch.allows(60, 5.0) == 7
    assert switch.allows(70, 12.5) == 14.5, "it follows the sun at once"
    assert [switch.allows(at, 1.0) for at in (80, 139)] == [6, 6], "what is less than a car takes is bridged"
    assert switch.allows(140, 1.0) == 0


def test_a_cloud_begins_the_while_anew() -> None:
    switch = SolarSwitch(from_grid=0, stable_s=60)
    readings = [(0, 8.0), (40, 2.0), (50, 8.0), (100, 8.0)]
    assert [switch.allows(at, amps) for at, amps in readings] == [0, 0, 0, 0]
    assert switch.allows(110, 8.0) == 8


def test_silence_is_no_sun_and_export_below_nothing_takes_nothing_away() -> None:
    switch = SolarSwitch(from_grid=6, stable_s=0)
    assert switch.allows(0, -20.0) == 6
    assert switch.allows(1, None) == 6
    assert SolarSwitch(from_grid=5, stable_s=0).allows(0, None) == 0
