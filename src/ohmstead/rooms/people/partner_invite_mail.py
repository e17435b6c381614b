"""Invites by e-mail: the link goes to the address, and the invite is `sent` once a server has taken it."""

from collections.abc import Mapping
from urllib.parse import quote

from sqlalchemy import BigInteger, bindparam, select, update

from ohmstead.engines.languages import Language, language_of
from ohmstead.kit.db import Statement, Tx
from ohmstead.kit.facts import on
from ohmstead.kit.writes import Write
from ohmstead.rooms.operator.durable_facts import EmailTaken
from ohmstead.rooms.operator.files import files
from ohmstead.rooms.operator.mail import Email, send, withdraw
from ohmstead.rooms.people.partner_invites import InviteChanged, partner_invite, partner_invites
from ohmstead.rooms.people.partner_users import inviting
from ohmstead.rooms.people.partners import partners

_WORDS: Mapping[Language, tuple[str, str]] = {
    "en": (
        "{partner} invites you",
        "Hello,\n\n{partner} invites you to charge as one of its users. To accept, open this link in the app of your "
        "operator:\n\n{link}\n",
    ),
    "de": (
        "Einladung von {partner}",
        "Guten Tag,\n\n{partner} lädt Sie ein, als einer seiner Nutzer zu laden. Um anzunehmen, öffnen Sie diesen Link "
        "in der App Ihres Betreibers:\n\n{link}\n",
    ),
    "fr": (
        "Invitation de {partner}",
        "Bonjour,\n\n{partner} vous invite à recharger en tant qu’un de ses utilisateurs. Pour accepter, ouvrez ce "
        "lien dans l’application de votre opérateur :\n\n{link}\n",
    ),
}

_own = partner_invite.c
_mail, _partner = bindparam("mail", type_=BigInteger), bindparam("partner", type_=BigInteger)
_QUEUED = Statement(
    update(partner_invite).where(_own.id == bindparam("key", type_=BigInteger)).values(email_message_id=_mail)
)
_SENT = Statement(
    update(partner_invite)
    .where(_own.email_message_id == _mail, _own.status == "pending")
    .values(status="sent", email_message_id=None, updated_at=bindparam("now"))
    .returning(_own.id)
)
_OF_PARTNER = Statement(
    select(_own.email_message_id).where(_own.partner_id == _partner, _own.email_message_id.is_not(None))
)


@partner_invites.created
async def its_link_is_sent(write: Write) -> None:
    if not write.values["send_via_email"]:
        return
    tx, token = write.tx, write.values["token"]
    subject, body = _WORDS[language_of(write.values.get("language") or "")]
    base = files.current.base or write.call.context.base_url
    told = {"partner": await inviting(tx, token), "link": f"{base.rstrip('/')}/partner-invites/{quote(token)}"}
    email = Email(to=write.values["email"], subject=subject.format_map(told), body=body.format_map(told))
    await tx.run(_QUEUED, key=write.id, mail=await send(tx, email))


@partner_invites.deleting
async def a_link_that_leads_nowhere_is_not_sent(write: Write) -> None:
    if write.before is not None and write.before["email_message_id"] is not None:
        await withdraw(write.tx, write.before["email_message_id"])


@partners.deleting
async def nor_are_those_of_who_is_gone(write: Write) -> None:
    for row in await write.tx.all(_OF_PARTNER, partner=write.id):
        await withdraw(write.tx, row["email_message_id"])


@on(EmailTaken)
async def invites_are_sent_with_their_mail(tx: Tx, fact: EmailTaken) -> None:
    for row in await tx.all(_SENT, mail=fact.id, now=tx.now):
        tx.tell(InviteChanged(id=row["id"], action="updated"))
