"""The room of the network and its devices: what it exports. Beside it, what is imported for what it adds to others."""

from ohmstead.rooms.network import (
    actions,
    certificates,
    communication,  # noqa: F401 - the log's table
    configuration,
    downtime,
    events,
    firmware,
    frames,
    hardware_status_logs,
    location_partners,  # noqa: F401 - what locations are a partner's
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
from ohmstead.rooms.network.certificates import CertificatePromises, CertificateRenewals
from ohmstead.rooms.network.charge_points import charge_points
from ohmstead.rooms.network.configuration import BootSync
from ohmstead.rooms.network.downtime import DowntimeWatch
from ohmstead.rooms.network.evses import connectors, every_evse, evses, moves
from ohmstead.rooms.network.locations import locations
from ohmstead.rooms.network.security_profiles import SecurityRaises
from ohmstead.rooms.network.templates import TemplateWork
from ohmstead.rooms.network.zones import zones

OPERATIONS = (
    locations,
    zones,
    charge_points,
    status.operations,
    hardware_status_logs.of_charge_points,
    hardware_status_logs.latest_of_charge_point,
    hardware_status_logs.of_evses,
    hardware_status_logs.latest_of_evse,
    actions.actions,
    configuration.reads,
    configuration.actions,
    templates.templates,
    templates.template_variables,
    templates.bulk,
    templates.actions,
    logs.actions,
    vendors.vendors,
    vendors.cp_vendors,
    models.models,
    models.cp_models,
    vendor_error_codes.vendor_error_codes,
    firmware.firmware_versions,
    firmware.attached,
    firmware.actions,
    certificates.actions,
    security_profiles.actions,
    security_events.security_events,
    security_events.security_events_log,
    messages.at_charge_point,
    messages.at_evse,
    owners.owners,
    raw_calls.raw_calls,
    frames.operations,
    events.operations,
    smart_charging.operations,
    evses,
    connectors,
    every_evse,
    moves,
    downtime.notices,
    downtime.charge_point_periods,
    downtime.evse_periods,
)
BACKGROUND = (BootSync, TemplateWork, CertificatePromises, SecurityRaises, CertificateRenewals, DowntimeWatch)
