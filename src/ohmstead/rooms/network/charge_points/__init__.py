"""Charge points: the machines with one OCPP identity each, or none, and what the operator says of them."""

from ohmstead.rooms.network.charge_points.table import charge_point

__all__ = ["charge_point"]
