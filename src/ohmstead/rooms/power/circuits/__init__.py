"""Circuits: cables with a limit, what hangs on them, and how its current is weighed."""

from ohmstead.rooms.power.circuits.table import circuit, circuit_charge_point

__all__ = ["circuit", "circuit_charge_point"]
