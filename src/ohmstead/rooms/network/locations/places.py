"""Places: the countries a location may lie in, and the states of those that are divided into them."""

from itertools import chain
from typing import TYPE_CHECKING, Literal

from ohmstead.rooms.operator import iso3166

_STATES = {
    "CA": "AB BC MB NB NL NT NS NU ON PE QC SK YT",
    "UM": "81 84 85 67 89 71 76 95 79",
    "RO": """
        AB AR AG BC BH BN BT BV BR B BZ CL CS CT CV DB DJ GL GR GJ HR HD IL IS IF MM MH MS NT OT PH SM SJ SB SV TR TM
        TL VS VL VN
    """,
}
STATES = iso3166.STATES | {country: tuple(codes.split()) for country, codes in _STATES.items()}
"""Country -> the codes of its states (ISO 3166-2), provinces, territories or counties."""

if TYPE_CHECKING:
    Country = State = UsOrAustralianState = str
else:
    Country = Literal[iso3166.COUNTRIES]
    State = Literal[tuple(dict.fromkeys(chain(*STATES.values())))]
    UsOrAustralianState = Literal[STATES["US"] + STATES["AU"]]
