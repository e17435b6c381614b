"""The shapes of a booking request: one of three bodies, told apart by their `type`, and one of three answers."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import UNSET, Meta

from ohmstead.kit.views import Opt, View
from ohmstead.rooms.network.connectors import Type as ConnectorType

RequestStatus = Literal["pending", "approved", "rejected"]
VehicleType = Literal[
    "two_and_three_wheel_vehicles_and_quadricycles", "passenger_vehicles", "passenger_vehicles_with_trailer",
    "light_duty_vans", "heavy_duty_tractor_units_without_trailer", "heavy_duty_trucks_without_articulation_point",
    "heavy_duty_trucks_with_trailer_attached", "buses_or_motor_coaches",
]  # fmt: skip
_Measure = Annotated[int, Meta(ge=1)]
_Power = Annotated[float, Meta(ge=0, le=100_000, description="kW")]
_ExternalId = Annotated[str, Meta(max_length=255, description="What a roaming partner calls the request.")]
_Reason = Annotated[str, Meta(description="Where it was rejected: why, for people.")]
_Tokens = Annotated[list[int], Meta(description="Tokens of roaming partners that may use the booking.")]


class EvseCriteria(View):
    """What an EVSE has to be."""

    current_type: Opt[Literal["ac", "dc"] | None] = UNSET
    min_power: Opt[_Power] = UNSET
    max_power: Opt[_Power] = UNSET
    connector_type: Opt[ConnectorType | None] = UNSET


class ParkingSpaceCriteria(View):
    """What a parking space has to be for. One that does not say whether it is will do."""

    vehicle_weight_kg: Opt[_Measure] = UNSET
    vehicle_height_cm: Opt[_Measure] = UNSET
    vehicle_length_cm: Opt[_Measure] = UNSET
    vehicle_width_cm: Opt[_Measure] = UNSET
    vehicle_type: Opt[VehicleType | None] = UNSET
    drive_through_required: Opt[bool] = UNSET
    refrigeration_outlet_required: Opt[bool] = UNSET
    dangerous_goods_allowed: Opt[bool] = UNSET


class AuthorizedToken(View):
    """A token of a roaming partner."""

    id: int
    uid: str
    type: str
    contract_id: Opt[str] = UNSET
    emsp_country_code: str
    emsp_party_id: str


class _Creation(View):
    user_id: Annotated[int, Meta(description="For whom.")]
    location_id: int
    external_id: Opt[_ExternalId] = UNSET
    start_at: datetime
    end_at: datetime
    evse_id: Opt[Annotated[int, Meta(description="This EVSE and no other.")]] = UNSET
    evse_criteria: Opt[Annotated[EvseCriteria, Meta(description="Without evseId: the EVSE it may be.")]] = UNSET
    parking_space_criteria: Opt[ParkingSpaceCriteria] = UNSET


class _Update(View):
    booking_id: int
    user_id: Opt[int] = UNSET
    external_id: Opt[_ExternalId] = UNSET
    start_at: Opt[datetime] = UNSET
    end_at: Opt[datetime] = UNSET


class _Cancellation(View):
    booking_id: int
    external_id: Opt[_ExternalId] = UNSET


class CreateBooking(_Creation, tag_field="type", tag="create"):
    authorized_token_ids: Opt[_Tokens] = UNSET


class UpdateBooking(_Update, tag_field="type", tag="update"):
    authorized_token_ids: Opt[_Tokens] = UNSET


class CancelBooking(_Cancellation, tag_field="type", tag="cancel"):
    pass


class BookingCreation(_Creation, tag_field="type", tag="create"):
    id: int
    status: RequestStatus
    rejection_reason: Opt[_Reason] = UNSET
    created_at: datetime
    last_updated_at: datetime
    authorized_tokens: Opt[list[AuthorizedToken]] = UNSET
    booking_id: Opt[Annotated[int, Meta(description="Where it was approved: the booking.")]] = UNSET


class BookingUpdate(_Update, tag_field="type", tag="update"):
    id: int
    status: RequestStatus
    rejection_reason: Opt[_Reason] = UNSET
    created_at: datetime
    last_updated_at: datetime
    authorized_tokens: Opt[list[AuthorizedToken]] = UNSET


class BookingCancellation(_Cancellation, tag_field="type", tag="cancel"):
    id: int
    status: RequestStatus
    rejection_reason: Opt[_Reason] = UNSET
    created_at: datetime
    last_updated_at: datetime


BookingRequestBody = CreateBooking | UpdateBooking | CancelBooking
BookingRequestAnswer = BookingCreation | BookingUpdate | BookingCancellation


class BookingRequest(View):
    """All that an answer may have, as it is read."""

    id: int
    status: RequestStatus
    rejection_reason: Opt[_Reason] = UNSET
    created_at: datetime
    last_updated_at: datetime
    type: Literal["create", "update", "cancel"]
    booking_id: Opt[int] = UNSET
    user_id: Opt[int] = UNSET
    location_id: Opt[int] = UNSET
    external_id: Opt[str] = UNSET
    start_at: Opt[datetime] = UNSET
    end_at: Opt[datetime] = UNSET
    evse_id: Opt[int] = UNSET
    evse_criteria: Opt[EvseCriteria] = UNSET
    parking_space_criteria: Opt[ParkingSpaceCriteria] = UNSET
    authorized_tokens: Opt[list[AuthorizedToken]] = UNSET
