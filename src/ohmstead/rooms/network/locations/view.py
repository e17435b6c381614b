"""Locations as the newest version of the API shows them and takes them in."""

from datetime import datetime
from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct

from ohmstead.kit.views import Deprecated, Id, Opt, OptionalTranslations, ReadOnly, View
from ohmstead.rooms.network.locations.hours import WorkingHours
from ohmstead.rooms.operator.places import Country, State

Status = Literal["enabled", "disabled"]
ParkingType = Literal[
    "ALONG_MOTORWAY", "PARKING_GARAGE", "PARKING_LOT", "ON_DRIVEWAY", "ON_STREET", "UNDERGROUND_GARAGE"
]
AccessMethod = Literal["OPEN", "TOKEN", "LICENSE_PLATE", "ACCESS_CODE", "INTERCOM", "PARKING_TICKET"]
Facility = Literal[
    "AIRPORT", "BIKE_SHARING", "BUS_STOP", "CAFE", "CARPOOL_PARKING", "FUEL_STATION", "HOTEL", "MALL", "METRO_STATION",
    "MUSEUM", "NATURE", "PARKING_LOT", "RECREATION_AREA", "RESTAURANT", "SPORT", "SUPERMARKET", "TAXI_STAND",
    "TRAIN_STATION", "TRAM_STOP", "WIFI",
]  # fmt: skip
TimeZone = Annotated[str, Meta(description="IANA name, for example Europe/Vienna; without it the operator's counts.")]


class Geoposition(Struct):
    latitude: Annotated[float, Meta(ge=-90, le=90, description="Degrees, north.")]
    longitude: Annotated[float, Meta(ge=-180, le=180, description="Degrees, east.")]


class Image(View):
    original: Annotated[str, Meta(description="Where to fetch the picture in full size.")]
    mime_type: str
    thumbnail: Opt[Annotated[str, Meta(description="Where to fetch a small picture.")]] = UNSET


class ZoneInfo(View):
    enabled: Opt[bool] = UNSET
    title: Opt[OptionalTranslations] = UNSET
    description: Opt[OptionalTranslations] = UNSET


class ChargingZone(View):
    id: Id
    location_id: ReadOnly[int]
    name: Annotated[str, Meta(min_length=1, description="For the operator's own use; drivers do not see it.")]
    status: Status
    additional_info: Opt[Annotated[ZoneInfo, Meta(description="What drivers are shown of the zone.")]] = UNSET


class Party(View):
    name: Opt[str] = UNSET


class Roaming(View):
    owner: Opt[Party] = UNSET
    operator: Opt[Party] = UNSET
    suboperator: Opt[Party] = UNSET


class Location(View):
    id: Id
    external_id: Opt[str | None] = UNSET
    name: Opt[OptionalTranslations] = UNSET
    description: Opt[OptionalTranslations] = UNSET
    short_description: Opt[OptionalTranslations] = UNSET
    additional_description: Opt[OptionalTranslations] = UNSET
    geoposition: Opt[Geoposition] = UNSET
    address: Opt[Annotated[OptionalTranslations, Meta(description="The address in full.")]] = UNSET
    street_address: Opt[Annotated[OptionalTranslations, Meta(description="Street and number alone.")]] = UNSET
    city: Opt[str | None] = UNSET
    region: Opt[Annotated[str, Meta(description="For countries that are not divided into states.")] | None] = UNSET
    state: Opt[Annotated[State, Meta(description="For the US, AU, CA, UM and RO: the state, county or territory.")]] = (
        UNSET
    )
    country: Opt[Country] = UNSET
    post_code: Opt[str | None] = UNSET
    timezone: Opt[TimeZone | None] = UNSET
    parking_type: Opt[ParkingType] = UNSET
    access_methods: Opt[list[AccessMethod]] = UNSET
    facilities: Opt[list[Facility]] = UNSET
    location_image: ReadOnly[Opt[Image | None]] = UNSET
    images: ReadOnly[Opt[list[Image]]] = UNSET
    working_hours: Opt[WorkingHours] = UNSET
    charging_zones: ReadOnly[Opt[list[ChargingZone]]] = UNSET
    roaming_operator_id: Opt[Annotated[int, Meta(description="The roaming operator whose location this is.")]] = UNSET
    roaming: ReadOnly[Opt[Annotated[Roaming, Meta(description="Who is behind a roaming location.")]]] = UNSET
    tags: Opt[list[str]] = UNSET
    external_app_data: Opt[
        Annotated[dict[str, Any], Meta(description="Whatever another system keeps with the location.")] | None
    ] = UNSET
    last_updated_at: ReadOnly[Opt[datetime]] = UNSET
    status: ReadOnly[Deprecated[Opt[Status]]] = UNSET


class LocationBody(Location):
    """What may be cleared by null and is then left out of answers."""

    state: Opt[State | None] = UNSET
    parking_type: Opt[ParkingType | None] = UNSET
    access_methods: Opt[list[AccessMethod] | None] = UNSET
    facilities: Opt[list[Facility] | None] = UNSET
