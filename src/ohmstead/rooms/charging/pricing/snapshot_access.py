"""Which snapshots of tariffs partners read, beside those of their tariffs: those that sessions at their charge points
have."""

from sqlalchemy import select

from ohmstead.kit.access import PARTNER
from ohmstead.rooms.charging.session_table import session
from ohmstead.rooms.tariffs.snapshot_resource import tariff_snapshots
from ohmstead.rooms.tariffs.tables import tariff_snapshot

_sessions = select(session.c.id).where(
    session.c.tariff_snapshot_id == tariff_snapshot.c.id, session.c.partner_id == PARTNER
)
tariff_snapshots.opens_also(_sessions.correlate_except(session).exists())
