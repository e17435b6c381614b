"""OCPP 2.1: what 2.0.1 has, charging profiles that end by being offline or are changed by a number, what vehicles need.

What else 2.1 adds to a message of 2.0.1 is a deviation in the log; what else it adds to the messages is not taken.
"""

from ohmstead.ocpp.payload_repair import Meanings
from ohmstead.ocpp.v21 import charging_needs, dynamic_schedules, set_charging_profile, types
from ohmstead.ocpp.v201 import absent
from ohmstead.ocpp.v201 import types as v201
from ohmstead.ocpp.v201 import version as version_2_0_1
from ohmstead.ocpp.v201.sequences import Sequences
from ohmstead.ocpp.versions import Answer, CommandMapping, Version
from ohmstead.ocpp.wire import DIALECT_2_1
from ohmstead.rooms.devices import stations

ACTIONS = v201.ACTIONS | types.ACTIONS
ANSWERS: dict[str, Answer] = version_2_0_1.ANSWERS | {
    "NotifyEVChargingNeeds": charging_needs.answer,
    "PullDynamicScheduleUpdate": dynamic_schedules.pulled,
}
COMMANDS: dict[type, CommandMapping] = version_2_0_1.COMMANDS | {
    stations.SetChargingProfile: CommandMapping("SetChargingProfile", set_charging_profile.request),
    stations.UpdateDynamicSchedule: CommandMapping("UpdateDynamicSchedule", dynamic_schedules.update),
}
MEANT: Meanings = {
    **absent.MEANT,
    types.ChargingNeedsType: absent.MEANT[v201.ChargingNeedsType],
    types.NotifyEVChargingNeedsRequest: absent.MEANT[v201.NotifyEVChargingNeedsRequest],
    types.ReportChargingProfilesRequest: absent.MEANT[v201.ReportChargingProfilesRequest],
    types.PullDynamicScheduleUpdateRequest: {"charging_profile_id": 0},
}

OCPP_2_1 = Version(DIALECT_2_1, ACTIONS, ANSWERS, COMMANDS, MEANT, Sequences)
