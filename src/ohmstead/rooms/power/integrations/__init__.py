"""Third parties that own the limits of a circuit: how they are asked, and how their limits are kept and held."""

from ohmstead.rooms.power.integrations.balancing import Balancing
from ohmstead.rooms.power.integrations.http_balancer import HttpBalancer
from ohmstead.rooms.power.integrations.registry import HTTP, register

__all__ = ["HTTP", "Balancing", "HttpBalancer", "register"]
