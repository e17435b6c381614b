"""The room of the network and its devices: what it exports. Beside it, what is imported for what it adds to others."""

from ohmstead.rooms.devices import (
    certificates,
    configuration,
    events,
    firmware,
    security_profiles,
    templates,
)
from ohmstead.rooms.devices.certificates import CertificateRenewals, PendingSignings
from ohmstead.rooms.devices.commands import (
    actions,
    messages,
    raw_calls,
)
from ohmstead.rooms.devices.communication import diagnostics as logs
from ohmstead.rooms.devices.communication import (
    frames,
    security_events,
)
from ohmstead.rooms.devices.communication import log as communication  # noqa: F401 - the log's table
from ohmstead.rooms.devices.configuration import BootSync
from ohmstead.rooms.devices.presence import hardware_status_logs
from ohmstead.rooms.devices.security_profiles import SecurityRaises
from ohmstead.rooms.devices.templates import TemplateWork
from ohmstead.rooms.network import downtime, location_partners, models, status  # noqa: F401 - the log's table
from ohmstead.rooms.network.charge_points import (
    charge_points,
    smart_charging,
)
from ohmstead.rooms.network.charge_points import ownership as ownership_actions
from ohmstead.rooms.network.downtime import DowntimeWatch
from ohmstead.rooms.network.evses import connectors, every_evse, evses, move_actions
from ohmstead.rooms.network.locations import locations
from ohmstead.rooms.network.models import (
    vendor_error_codes,
    vendors,
)
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
    ownership_actions.ownership_actions,
    raw_calls.raw_calls,
    frames.operations,
    events.operations,
    smart_charging.operations,
    evses,
    connectors,
    every_evse,
    move_actions,
    downtime.notices,
    downtime.charge_point_periods,
    downtime.evse_periods,
)
BACKGROUND = (BootSync, TemplateWork, PendingSignings, SecurityRaises, CertificateRenewals, DowntimeWatch)
