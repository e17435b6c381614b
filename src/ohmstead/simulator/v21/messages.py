"""The commands of OCPP 2.1's smart charging, as far as 2.0.1 has others."""

from typing import Literal

from ohmstead.simulator.v201 import messages


class ChargingProfile(messages.ChargingProfile):
    charging_profile_kind: Literal["Absolute", "Recurring", "Relative", "Dynamic"]
    max_offline_duration: int | None = None
    invalid_after_offline_duration: bool = False


class SetChargingProfile(messages.Message):
    evse_id: int
    charging_profile: ChargingProfile


class ScheduleUpdate(messages.Message):
    limit: float | None = None


class UpdateDynamicSchedule(messages.Message):
    charging_profile_id: int
    schedule_update: ScheduleUpdate
