"""The room of the operator: what it exports."""

from ohmstead.rooms.operator import settings
from ohmstead.rooms.operator.currencies import currencies
from ohmstead.rooms.operator.faqs import faqs
from ohmstead.rooms.operator.sub_operators import sub_operators
from ohmstead.rooms.operator.taxes import taxes

OPERATIONS = (settings.actions, currencies, taxes, faqs, sub_operators)
