"""The room of devices, what is done to the hardware: what it exports, and imports for its tables."""

from ohmstead.rooms.devices import (
    certificates,
    configuration,
    erasure,  # noqa: F401 - of deleted users
    events,
    firmware,
    security_profiles,
    templates,
)
from ohmstead.rooms.devices.certificates import CertificateRenewals, PendingSignings
from ohmstead.rooms.devices.commands import actions, disconnect, messages, raw_calls
from ohmstead.rooms.devices.communication import diagnostics, frames, security_events
from ohmstead.rooms.devices.configuration import BootSync, MissingReports
from ohmstead.rooms.devices.presence import hardware_status_logs, network_status_logs
from ohmstead.rooms.devices.security_profiles import SecurityRaises
from ohmstead.rooms.devices.templates import TemplateWork

OPERATIONS = (
    hardware_status_logs.of_charge_points,
    hardware_status_logs.latest_of_charge_point,
    hardware_status_logs.of_evses,
    hardware_status_logs.latest_of_evse,
    network_status_logs.logs,
    network_status_logs.latest,
    actions.actions,
    disconnect.disconnect_actions,
    configuration.reads,
    configuration.actions,
    templates.templates,
    templates.template_variables,
    templates.bulk,
    templates.actions,
    diagnostics.actions,
    firmware.firmware_versions,
    firmware.attached,
    firmware.actions,
    certificates.actions,
    security_profiles.actions,
    security_events.security_events,
    security_events.security_events_log,
    messages.at_charge_point,
    messages.at_evse,
    raw_calls.raw_calls,
    frames.operations,
    events.operations,
)
BACKGROUND = (BootSync, MissingReports, TemplateWork, PendingSignings, SecurityRaises, CertificateRenewals)
