"""The room of people: what it exports."""

from ohmstead.rooms.people import memberships  # noqa: F401 - its rules
from ohmstead.rooms.people.user_groups import user_groups
from ohmstead.rooms.people.users import actions, users

OPERATIONS = (users, user_groups, actions)
