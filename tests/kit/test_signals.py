"""Signals: everybody who listens is told, whatever becomes of the others."""

import structlog

from ohmstead.kit.signals import Signal


def test_one_that_fails_is_no_matter_of_the_others_nor_of_the_teller() -> None:
    signal, heard = Signal(), list[int]()

    def fails(number: int) -> None:
        raise ValueError(number)

    ends = [signal.connect(heard.append), signal.connect(fails), signal.connect(heard.append)]
    with structlog.testing.capture_logs() as logged:
        signal.send(1)
    assert heard == [1, 1]
    assert [(one["log_level"], "fails" in one["listener"]) for one in logged] == [("error", True)]
    for end in ends:
        end()
    signal.send(2)
    assert heard == [1, 1]
