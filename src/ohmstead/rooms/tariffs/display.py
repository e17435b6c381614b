"""What displays of charge points say of a tariff, set by itself."""

from msgspec import UNSET, to_builtins
from sqlalchemy import BigInteger, bindparam, update

from ohmstead.kit.access import PARTNERS
from ohmstead.kit.db import Statement
from ohmstead.kit.errors import Rejected
from ohmstead.kit.groups import Group
from ohmstead.kit.operations import Call
from ohmstead.rooms.people.partners import require_option
from ohmstead.rooms.tariffs.groups import is_base_tariff
from ohmstead.rooms.tariffs.tables import tariff
from ohmstead.rooms.tariffs.tariffs import TariffChanged, tariffs
from ohmstead.rooms.tariffs.views import Display

actions = Group("action / tariff", "actions/tariffs/", "tariffs", access=PARTNERS)

_SET = Statement(
    update(tariff)
    .where(tariff.c.id == bindparam("key", type_=BigInteger))
    .values(display=bindparam("display", type_=tariff.c.display.type), updated_at=bindparam("now"))
)


@actions.post(
    "v2.0/{tariff}/set-tariff-display-information",
    "Tariff / Set Display Information",
    body=Display,
    status=201,
    errors=(401, 403, 404, 406, 422, 429),
)
async def set_tariff_display_information(call: Call, texts: Display) -> None:
    """Change what displays say: what is left out stays, null takes away. What everybody reads is said by a base tariff,
    the first of a group."""
    row = await tariffs.find(call, lock=True)
    await require_option(call.tx, call.actor, "allowToControlTariffs", row["partner_id"])
    everybodys = (texts.default_price_information, texts.default_price_information_offline)
    if any(text not in (UNSET, None) for text in everybodys) and not await is_base_tariff(call.tx, row["id"]):
        raise Rejected("The default price information can be set only for a base tariff.")
    display = {name: text for name, text in (row["display"] | to_builtins(texts)).items() if text is not None}
    await call.tx.run(_SET, key=row["id"], display=display, now=call.now)
    call.changes = {"id": row["id"], "display": to_builtins(texts)}
    call.tx.tell(TariffChanged(id=row["id"], action="updated"))
