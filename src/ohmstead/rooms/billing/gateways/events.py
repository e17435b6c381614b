"""Events of gateways: each is taken once by its id, and kept until the payment it is about is known."""

from ohmstead.rooms.billing.gateways.tables import gateway_event  # noqa: F401 - its table
