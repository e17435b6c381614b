"""The room of energy: what it exports."""

from ohmstead.rooms.energy import price_import, rates_v1  # noqa: F401 - its tables; adds itself to the resource
from ohmstead.rooms.energy.meters import actions, meters
from ohmstead.rooms.energy.price_integrations import price_integrations
from ohmstead.rooms.energy.rates import dates, days, market_rates, mix, rates, week_days
from ohmstead.rooms.energy.utilities import utilities

OPERATIONS = (meters, actions, rates, market_rates, mix, days, dates, week_days, price_integrations, utilities)
