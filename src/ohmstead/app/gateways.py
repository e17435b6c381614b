"""The payment providers: another one is an adapter in rooms/billing/gateways, and a line in `_MAKERS`."""

import importlib
from collections.abc import Callable, Mapping

from ohmstead.app.settings import Settings, SettingsError
from ohmstead.kit.clock import Clock
from ohmstead.kit.db import Database
from ohmstead.rooms.billing.gateways.embedded import EmbeddedGateway
from ohmstead.rooms.billing.gateways.gateway import Gateway, Gateways
from ohmstead.rooms.operator.admins import Vault

_STRIPE = "ohmstead.rooms.billing.gateways.stripe"

Maker = Callable[[Settings, Database, Clock, Vault], Gateway | None]
"""Makes an adapter; None where the settings do not say what it needs."""


def _embedded(settings: Settings, database: Database, clock: Clock, vault: Vault) -> Gateway:
    return EmbeddedGateway(database, clock, vault.secret("embedded gateway"), settings.public_url)


def _stripe(settings: Settings, database: Database, clock: Clock, vault: Vault) -> Gateway | None:
    """Its library is a package that not everybody has, and is loaded by who uses it alone."""
    if settings.stripe_secret_key is None:
        return None
    if not settings.stripe_webhook_secret:
        raise SettingsError("stripe_webhook_secret: it is needed with stripe_secret_key")
    try:
        adapter = importlib.import_module(_STRIPE)
    except ModuleNotFoundError as missing:
        raise SettingsError(f"stripe_secret_key: install ohmstead[stripe] ({missing})") from None
    return adapter.StripeGateway(
        settings.stripe_secret_key, settings.stripe_publishable_key, settings.stripe_webhook_secret, settings.tenant,
        settings.stripe_api_base,
    )  # fmt: skip


_MAKERS: Mapping[str, Maker] = {"embedded": _embedded, "stripe": _stripe}


def known_gateways(settings: Settings, database: Database, clock: Clock, vault: Vault) -> Gateways:
    """Those that the settings suffice for, because of each there may be payments; SettingsError where the one that new
    payments go to is not among them."""
    made = {name: make(settings, database, clock, vault) for name, make in _MAKERS.items()}
    known = {name: one for name, one in made.items() if one is not None}
    if settings.gateway not in known:
        raise SettingsError(f"gateway: {settings.gateway!r} is not set up; there is {', '.join(known)}")
    return Gateways(known=known, active=settings.gateway)


async def close(providers: Gateways) -> None:
    """Let go of the connections of those that have some."""
    for one in providers.known.values():
        if hasattr(one, "close"):
            await one.close()
