"""The room of energy: what it exports."""

from ohmstead.rooms.energy import price_import  # noqa: F401 - its tables
from ohmstead.rooms.energy.meters import actions, meters
from ohmstead.rooms.energy.price_integrations import price_integrations
from ohmstead.rooms.energy.rates import dates, days, mix, rates, week_days

OPERATIONS = (meters, actions, rates, mix, days, dates, week_days, price_integrations)
