"""The example in the package's docstring does what it says."""

import doctest

from ohmstead.engines import dlm


def test_the_example_runs():
    results = doctest.testmod(dlm)
    assert results.attempted > 10
    assert results.failed == 0
