"""Downtime notices: the reasons operators give for downtime, and whether time with such a reason counts."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import UNSET, Meta
from sqlalchemy import BigInteger, Column, Text, bindparam, select

from ohmstead.kit.access import SHARED
from ohmstead.kit.db import Statement, table
from ohmstead.kit.filters import one_of
from ohmstead.kit.resources import Resource
from ohmstead.kit.versions import Version
from ohmstead.kit.views import Id, Opt, ReadOnly, View
from ohmstead.kit.writes import Write
from ohmstead.rooms.network.downtime.table import downtime_period

Type = Annotated[Literal["downtime", "exempt"], Meta(description="exempt: it is no downtime that counts.")]

downtime_notice = table(
    "downtime_notice",
    Column("type", Text, nullable=False),
    Column("notice", Text, nullable=False),
    Column("description", Text),
)

_USED = Statement(
    select(downtime_period.c.id).where(downtime_period.c.notice_id == bindparam("notice", type_=BigInteger)).limit(1)
)


class Notice(View):
    id: Id
    type: Type
    notice: Annotated[str, Meta(min_length=1)]
    description: Opt[str] = UNSET
    created_at: ReadOnly[datetime]
    last_updated_at: ReadOnly[datetime]


class NoticeBody(Notice):
    """What null takes away."""

    description: Opt[str | None] = UNSET


notices = Resource(
    "downtime-period-notices",
    downtime_notice,
    tag="resource / downtime period notices",
    title="Downtime Period Notice",
    key="notice",
    access=SHARED,
    versions=[Version("v1.0", Notice, create_view=NoticeBody)],
    filters=[one_of("type", downtime_notice.c.type, "downtime", "exempt")],
)


@notices.rule
async def what_it_says_of_periods_stays(write: Write) -> None:
    """Periods are of the type that their notice had."""
    changes = write.before is not None and write.value_of("type") != write.before["type"]
    if changes and await write.tx.value(_USED, notice=write.id) is not None:
        write.add_error("type", "The type stays while downtime periods have the notice.")
