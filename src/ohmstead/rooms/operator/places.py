"""Places: the countries of addresses, and the states of those that are divided into them."""

from itertools import chain
from typing import TYPE_CHECKING, Literal

from ohmstead.kit.writes import Write
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


async def a_country_has_states_or_regions(write: Write) -> None:
    """The rule of a row with `country`, `state` and `region`: what no longer fits goes when the country changes."""
    values, codes = write.values, STATES.get(write.value_of("country"), ())
    if values.get("region") is not None and codes:
        write.add_error("region", "The region may not be given for a country with states.")
    if values.get("state") is not None and values["state"] not in codes:
        write.add_error("state", "The selected state is not one of the country.")
    if "country" in values:
        if write.value_of("state") not in codes:
            values.setdefault("state", None)
        if codes:
            values.setdefault("region", None)
