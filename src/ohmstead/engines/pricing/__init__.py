"""Pricing: what a session costs under a tariff. Exact decimals in and out; no SQL, no clock."""

from ohmstead.engines.pricing import types  # noqa: F401 - it fills TYPES
from ohmstead.engines.pricing.fields import Pricing
from ohmstead.engines.pricing.kinds import TYPES
from ohmstead.engines.pricing.validation import problems

__all__ = ["TYPES", "Pricing", "problems"]
