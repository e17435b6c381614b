"""Charge points as version 1.0 of the API speaks of them: flat, with their EVSEs inline, and made from a template."""

from ohmstead.rooms.network.charge_points_v1 import version  # noqa: F401 - adds itself to the resource
