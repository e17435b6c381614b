"""The room of people: what it exports."""

from ohmstead.rooms.people.partner_contracts import ContractRenewals, partner_contracts
from ohmstead.rooms.people.partners import partners
from ohmstead.rooms.people.users import actions, users

OPERATIONS = (users, actions, partners, partner_contracts)
BACKGROUND = (ContractRenewals,)
