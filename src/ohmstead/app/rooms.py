"""The explicit list of rooms: every operation the API serves, in the order the document shows them."""

from ohmstead.kit import facts  # noqa: F401 - its tables
from ohmstead.kit.operations import Operation
from ohmstead.rooms.charging import authorizations, control, id_tags, offline_tags
from ohmstead.rooms.charging.profiles import clearings, layings, readings
from ohmstead.rooms.charging.reservations import cancelings, reservations, reservings
from ohmstead.rooms.charging.sessions import consumption, internal
from ohmstead.rooms.charging.sessions import questions as session_questions  # noqa: F401 - it answers lower rooms
from ohmstead.rooms.charging.sessions.resource import sessions
from ohmstead.rooms.energy import meters
from ohmstead.rooms.network import actions as charge_point_actions
from ohmstead.rooms.network import (
    certificates,
    communication,  # noqa: F401 - the log's table
    configuration,
    downtime,
    events,
    firmware,
    frames,
    hardware_status_logs,
    location_partners,  # noqa: F401 - a filter of locations
    logs,
    messages,
    models,
    owners,
    raw_calls,
    security_events,
    security_profiles,
    smart_charging,
    status,
    templates,
    vendor_error_codes,
    vendors,
)
from ohmstead.rooms.network.charge_points import charge_points
from ohmstead.rooms.network.evses import connectors, every_evse, evses, moves
from ohmstead.rooms.network.locations import locations
from ohmstead.rooms.network.zones import zones
from ohmstead.rooms.operator import admins, currencies, settings, taxes  # noqa: F401 - the tables of admins
from ohmstead.rooms.people import users
from ohmstead.rooms.power.circuits import actions as circuit_actions
from ohmstead.rooms.power.circuits import loads, priorities, questions  # noqa: F401 - it answers lower rooms
from ohmstead.rooms.power.circuits.resource import circuits
from ohmstead.rooms.power.management import standing  # noqa: F401 - it answers lower rooms

OPERATIONS: list[Operation] = [
    *settings.actions.operations,
    *currencies.currencies.operations,
    *taxes.taxes.operations,
    *users.users.operations,
    *users.actions.operations,
    *meters.meters.operations,
    *meters.actions.operations,
    *locations.operations,
    *zones.operations,
    *charge_points.operations,
    *status.operations.operations,
    *hardware_status_logs.of_charge_points.operations,
    *hardware_status_logs.latest_of_charge_point.operations,
    *hardware_status_logs.of_evses.operations,
    *hardware_status_logs.latest_of_evse.operations,
    *charge_point_actions.actions.operations,
    *configuration.reads.operations,
    *configuration.actions.operations,
    *templates.templates.operations,
    *templates.template_variables.operations,
    *templates.bulk.operations,
    *templates.actions.operations,
    *logs.actions.operations,
    *vendors.vendors.operations,
    *vendors.cp_vendors.operations,
    *models.models.operations,
    *models.cp_models.operations,
    *vendor_error_codes.vendor_error_codes.operations,
    *firmware.firmware_versions.operations,
    *firmware.attached.operations,
    *firmware.actions.operations,
    *certificates.actions.operations,
    *security_profiles.actions.operations,
    *security_events.security_events.operations,
    *security_events.security_events_log.operations,
    *messages.at_charge_point.operations,
    *messages.at_evse.operations,
    *owners.owners.operations,
    *layings.operations,
    *clearings.operations,
    *readings.operations,
    *offline_tags.offline_tags.operations,
    *raw_calls.raw_calls.operations,
    *frames.operations,
    *events.operations,
    *smart_charging.operations.operations,
    *evses.operations,
    *connectors.operations,
    *every_evse.operations,
    *moves.operations,
    *downtime.notices.operations,
    *downtime.charge_point_periods.operations,
    *downtime.evse_periods.operations,
    *id_tags.id_tags.operations,
    *authorizations.authorizations.operations,
    *reservings.operations,
    *cancelings.operations,
    *reservations.operations,
    *sessions.operations,
    *consumption.reads.operations,
    *internal.operations(),
    *control.at_charge_point.operations,
    *control.at_evse.operations,
    *circuits.operations,
    *loads.reads.operations,
    *priorities.charge_point_priorities.operations,
    *priorities.user_priorities.operations,
    *priorities.reads.operations,
    *circuit_actions.actions.operations,
]
