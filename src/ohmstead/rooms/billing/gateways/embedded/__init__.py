"""The embedded gateway: a small payment provider inside the product, which takes test cards only. It behaves like one
outside of it: what it knows is in tables of its own, and it tells by signed events."""

from ohmstead.rooms.billing.gateways.embedded.adapter import EmbeddedGateway

__all__ = ["EmbeddedGateway"]
