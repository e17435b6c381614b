"""Charge point models: what a vendor calls them, their manuals, and how they differ from the standard."""

from ohmstead.rooms.network.models.quirks import NONE, Quirks, quirks_of
from ohmstead.rooms.network.models.resource import (
    charge_point_model,
    cp_models,
    models,
    photo_of,
    photo_type,
    set_photo,
)

__all__ = [
    "NONE",
    "Quirks",
    "charge_point_model",
    "cp_models",
    "models",
    "photo_of",
    "photo_type",
    "quirks_of",
    "set_photo",
]
