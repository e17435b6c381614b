"""Living subscriptions: neither disabled nor with a token that was revoked."""

from sqlalchemy import Select, select

from ohmstead.rooms.notices.tables import notification_subscription
from ohmstead.rooms.operator.admins import api_token

_own = notification_subscription.c


def living(*columns: object) -> Select[tuple[object, ...]]:
    """These columns of them, of their tokens as well."""
    return (
        select(*columns)  # type: ignore[call-overload]
        .select_from(notification_subscription.join(api_token, api_token.c.id == _own.token_id))
        .where(_own.disabled_at.is_(None), api_token.c.revoked_at.is_(None))
    )
