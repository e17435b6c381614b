"""The room of people: what it exports."""

from ohmstead.rooms.people.partners import partners
from ohmstead.rooms.people.users import actions, users

OPERATIONS = (users, actions, partners)
