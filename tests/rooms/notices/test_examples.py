"""docs/notification-events.md shows each event as it is made: from a day on which all of them happen."""

import os
import re
from pathlib import Path

from ohmstead.rooms.notices.names import ALIASES, NAMES, NOTIFICATIONS
from tests.client import Client
from tests.given import Given
from tests.notices import everything_wanted, told
from tests.rooms.booked import running  # noqa: F401 - the fixture
from tests.rooms.charges import Gateway
from tests.rooms.notices.a_told_day import ToldDay
from tests.rooms.notices.events_page import written

WRITE = "OHMSTEAD_WRITE_NOTIFICATION_EVENTS"
UNTOLD = {
    "roamingPlatform.changed", "settlementReport.created", "cdr.received",
    "installerJob.changed", "user.invoiceDetails.changed",
}  # fmt: skip


def test_each_name_is_told_but_these(here: Path) -> None:
    assert set(NAMES) - set(ALIASES) - {one.name for one in NOTIFICATIONS} == UNTOLD
    listed = (here / "docs/notifications.md").read_text().partition("### Not told yet")[2].partition("\n`")[0]
    assert set(re.findall(r"`([\w.]+)`", listed)) == UNTOLD


async def test_the_page_shows_each_event_as_it_is_told(api: Client, given: Given, gateway: Gateway, here: Path) -> None:
    with everything_wanted():
        await ToldDay(api, given, gateway).passes()
    bodies = {body["notification"]: body for body in await told(given.system.database)}  # of each the last
    page = here / "docs/notification-events.md"
    made = written(bodies)
    if os.environ.get(WRITE):
        page.write_text(made)
    assert made == page.read_text(), f"run this with {WRITE}=1, and read the difference"
    assert set(bodies) == {one.name for one in NOTIFICATIONS}
