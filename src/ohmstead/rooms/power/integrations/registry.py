"""Who balances loads for others: what the API calls them, and who speaks for them here."""

from collections.abc import Callable, Mapping

from ohmstead.rooms.power.circuits.resource import DREEV, HTTP, ZAPTEC
from ohmstead.rooms.power.integrations.interface import LoadBalancer

NAMES: Mapping[int, str] = {DREEV: "DREEV", ZAPTEC: "Zaptec", HTTP: "load balancer"}
"""The API takes all of them. Whoever has nobody to speak for it here is not asked: its circuits are held by our own
allocation, within the breaker's limit."""

_balancers: dict[int, LoadBalancer] = {}


def register(integration_id: int, balancer: LoadBalancer) -> Callable[[], None]:
    """Ask it of the circuits with this integration from now on; the answer ends that."""
    assert integration_id in NAMES, f"the API knows no load balancing integration {integration_id}"
    before = _balancers.get(integration_id)
    _balancers[integration_id] = balancer

    def end() -> None:
        if before is None:
            del _balancers[integration_id]
        else:
            _balancers[integration_id] = before

    return end


def balancer_of(integration_id: int) -> LoadBalancer | None:
    """Who speaks for it; None where nobody does."""
    return _balancers.get(integration_id)
