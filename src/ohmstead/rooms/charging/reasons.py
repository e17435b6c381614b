"""Why sessions end: the API's words for the reasons stations give."""

from typing import Literal

Reason = Literal[
    "working_hours_exceeded", "timeout", "authorization_amount_reached", "new_start_transaction_received", "force_stop",
    "standard_stop", "energy_exceeded", "schedule_completed", "pre_authorization_failed", "system_force_stop",
    "time_limit", "balance_exceeded", "deauthorized", "emergencystop", "energylimitreached", "evdisconnected",
    "groundfault", "immediatereset", "hardreset", "local", "localoutofcredit", "masterpass", "other",
    "overcurrentfault", "powerloss", "powerquality", "reboot", "remote", "soclimitreached", "stoppedbyev",
    "timeoutlimitreached", "softreset", "unlockcommand", "no_ev_parked", "no_ev_connected", "charge_point_timeout",
    "charging_on_evse_not_allowed", "remote_start_failed", "no_user_for_agile_streets", "rejected",
    "canceled_reservation", "evse_occupied", "evse_inoperative", "failed", "not_supported", "unknown_reservation",
    "ev_not_connected_to_evse", "authorization_failed", "unknown_session",
]  # fmt: skip

ASSUMED = "local"  # OCPP 1.6, 6.49: what a stop without a reason means
LOST = "charge_point_timeout"  # the station was out of reach for so long that the session was closed without it

_STATIONS = {
    "deauthorized", "emergencystop", "energylimitreached", "evdisconnected", "groundfault", "immediatereset",
    "hardreset", "local", "localoutofcredit", "masterpass", "other", "overcurrentfault", "powerloss", "powerquality",
    "reboot", "remote", "soclimitreached", "softreset", "stoppedbyev", "timeout", "unlockcommand",
}  # fmt: skip
_OTHERWISE = {"timelimitreached": "timeoutlimitreached"}


def told(reason: str | None) -> str:
    """The API's word for a station's ("EVDisconnected"); `other` for one nobody knows."""
    if reason is None:
        return ASSUMED
    word = reason.replace("_", "").lower()
    return word if word in _STATIONS else _OTHERWISE.get(word, "other")
