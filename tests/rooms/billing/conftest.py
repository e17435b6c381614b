"""Fixtures of billing: a gateway that does what a test wrote down, and payments on it."""

from collections.abc import Iterator

import pytest

from ohmstead.app.system import System
from tests.client import Client
from tests.given import Given
from tests.rooms.billing.payments import Payments
from tests.rooms.billing.scripted_gateway import ScriptedGateway
from tests.rooms.billing.subscribers import Subscribers


@pytest.fixture
def scripted() -> Iterator[ScriptedGateway]:
    """It is the only gateway."""
    with ScriptedGateway().provided() as found:
        yield found


@pytest.fixture
def payments(system: System) -> Payments:
    """At whatever gateway there is."""
    return Payments(system.database)


@pytest.fixture
def subscribers(api: Client, given: Given) -> Subscribers:
    """Users and their subscriptions; with the `running` of `subscribers.py` the clock stands still."""
    return Subscribers(api, given)
