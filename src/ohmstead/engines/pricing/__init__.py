"""Pricing: what a session costs under a tariff. Exact decimals in and out; no SQL, no clock."""

from ohmstead.engines.pricing import types  # noqa: F401 - it fills TYPES
from ohmstead.engines.pricing.covered import Covered, Use
from ohmstead.engines.pricing.fields import Pricing
from ohmstead.engines.pricing.kinds import TYPES
from ohmstead.engines.pricing.model import Line, Period, SessionPrice, Stretch
from ohmstead.engines.pricing.run import PriceRun, price_of
from ohmstead.engines.pricing.terms import Terms, terms_of
from ohmstead.engines.pricing.validation import problems

__all__ = [
    "TYPES", "Covered", "Line", "Period", "PriceRun", "Pricing", "SessionPrice", "Stretch", "Terms", "Use", "price_of",
    "problems", "terms_of",
]  # fmt: skip
