"""The whole of load management against physics: cables stay within their limits, and cars still get their current."""

import pytest

from tests.engines.dlm.site import Site


@pytest.mark.parametrize("seed", range(3))
def test_no_cable_is_overloaded_in_two_hours_of_trouble(seed):
    site = Site(seed, trouble=3.0)
    for _ in range(7200):
        site.step()
        assert site.excess() <= 1e-6, f"second {site.second}"
    assert site.energy >= 0.55 * site.possible


def test_a_perfect_network_costs_little_but_the_margin():
    site = Site(99, trouble=0.0)
    for _ in range(7200):
        site.step()
        assert site.excess() <= 1e-6, f"second {site.second}"
    assert site.energy >= 0.75 * site.possible
