"""The payment providers: another one is an adapter in rooms/billing/gateways, and a line in `_MAKERS`."""

from collections.abc import Callable, Mapping

from ohmstead.app.settings import Settings, SettingsError
from ohmstead.kit.clock import Clock
from ohmstead.kit.db import Database
from ohmstead.rooms.billing.gateways.embedded import EmbeddedGateway
from ohmstead.rooms.billing.gateways.gateway import Gateway, Gateways
from ohmstead.rooms.operator.admins import Vault

Maker = Callable[[Settings, Database, Clock, Vault], Gateway | None]
"""Makes an adapter; None where the settings do not say what it needs."""


def _embedded(settings: Settings, database: Database, clock: Clock, vault: Vault) -> Gateway:
    return EmbeddedGateway(database, clock, vault.secret("embedded gateway"), settings.public_url)


_MAKERS: Mapping[str, Maker] = {"embedded": _embedded}


def known_gateways(settings: Settings, database: Database, clock: Clock, vault: Vault) -> Gateways:
    """Those that the settings suffice for, because of each there may be payments; SettingsError where the one that new
    payments go to is not among them."""
    made = {name: make(settings, database, clock, vault) for name, make in _MAKERS.items()}
    known = {name: one for name, one in made.items() if one is not None}
    if settings.gateway not in known:
        raise SettingsError(f"gateway: {settings.gateway!r} is not set up; there is {', '.join(known)}")
    return Gateways(known=known, active=settings.gateway)
