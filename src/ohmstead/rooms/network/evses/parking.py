"""Where vehicles stand while they charge, as far as whoever knows of parking spaces says."""

from collections.abc import Mapping
from typing import Any

from ohmstead.kit.db import Tx
from ohmstead.kit.questions import Question

unsuitable_parking: Question[[Tx, list[int], Mapping[str, Any]], list[int]] = Question(
    "which of these EVSEs have only parking spaces that say they are not for such a vehicle"
)
"""The vehicle as a booking's `parkingSpaceCriteria` describe it; what a parking space does not say excludes nothing."""
