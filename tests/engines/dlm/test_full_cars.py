"""Full cars: released after a while of taking nothing, tried again ever more seldom."""

from ohmstead.engines.dlm.full_cars import FullCar


def turns(car: FullCar, until: int, wants_from: float = 1e9, offered: float = 10.0) -> list[tuple[int, bool]]:
    """When, looked at every 10 s, it changes; while released it is offered nothing."""
    found, before = list[tuple[int, bool]](), car.released
    for now in range(0, until, 10):
        offer = 0.0 if car.released else offered
        car.observe(float(now), offer, offer if now >= wants_from else 0.0)
        if car.look(float(now)) is not before:
            before = car.released
            found.append((now, before))
    return found


def test_it_is_released_and_tried_again_with_back_off():
    assert turns(FullCar(), 12_000) == [
        (300, True), (1200, False), (1320, True), (3120, False), (3240, True), (6840, False), (6960, True),
        (10_560, False), (10_680, True),
    ]  # fmt: skip


def test_one_that_wants_again_is_kept():
    assert turns(FullCar(), 5000, wants_from=1000.0) == [(300, True), (1200, False)]


def test_who_is_offered_nothing_is_not_full():
    assert turns(FullCar(), 5000, offered=0.0) == []


def test_a_little_now_and_then_is_a_car_that_charges():
    car = FullCar()
    for now in range(0, 4000, 10):
        car.observe(float(now), 10.0, 6.0 if now % 250 == 0 else 0.0)
        assert not car.look(float(now))
