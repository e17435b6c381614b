"""The room of energy: what it exports."""

from ohmstead.rooms.energy.meters import actions, meters

OPERATIONS = (meters, actions)
