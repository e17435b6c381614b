"""Which payment providers there are."""

import pytest

from ohmstead.app.gateways import known_gateways
from ohmstead.app.settings import Settings, SettingsError
from ohmstead.app.system import System
from ohmstead.rooms.billing.gateways.gateway import gateways


async def test_new_payments_go_to_the_embedded_one_unless_another_is_set(system: System) -> None:
    assert gateways.current.current is gateways.current["embedded"]


async def test_a_provider_that_nobody_knows_is_no_setting(system: System) -> None:
    with pytest.raises(SettingsError, match="gateway: 'piggy-bank' is not set up; there is embedded"):
        known_gateways(Settings(gateway="piggy-bank"), system.database, system.clock, system.vault)
