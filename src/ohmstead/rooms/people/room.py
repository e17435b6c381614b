"""The room of people: what it exports."""

from ohmstead.rooms.people import erasure, memberships, partner_invite_mail  # noqa: F401 - their hooks
from ohmstead.rooms.people.partner_contracts import ContractRenewals, partner_contracts
from ohmstead.rooms.people.partner_invites import partner_invites
from ohmstead.rooms.people.partner_users import accepting
from ohmstead.rooms.people.partners import partners
from ohmstead.rooms.people.private_data import export_actions
from ohmstead.rooms.people.user_groups import user_groups
from ohmstead.rooms.people.users import actions, users

OPERATIONS = (users, user_groups, partners, partner_contracts, partner_invites, accepting, actions, export_actions)
BACKGROUND = (ContractRenewals,)
