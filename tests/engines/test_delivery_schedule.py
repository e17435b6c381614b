"""When what could not be delivered is tried again."""

from itertools import accumulate

from ohmstead.engines.delivery_schedule import MOST_ATTEMPTS, PAUSES_S, pause_s


def test_nine_attempts_within_a_day() -> None:
    pauses = [pause_s(failures, 0.5) for failures in range(1, MOST_ATTEMPTS + 1)]
    assert pauses == [5, 30, 120, 600, 1_800, 7_200, 21_600, 43_200, None]
    assert 20 * 3_600 < [*accumulate(PAUSES_S)][-1] < 24 * 3_600


def test_those_that_are_sent_again_have_one() -> None:
    assert pause_s(MOST_ATTEMPTS + 1, 0.5) is None


def test_it_is_spread_by_a_fifth() -> None:
    assert (pause_s(1, 0.0), pause_s(1, 1.0)) == (4.0, 6.0)


def test_what_is_asked_for_counts_where_it_is_longer_up_to_a_day() -> None:
    assert pause_s(1, 0.5, 60) == 60
    assert pause_s(4, 0.5, 60) == 600
    assert pause_s(1, 0.5, 1e9) == 86_400
    assert pause_s(1, 0.5, -5) == 5
