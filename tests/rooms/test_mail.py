"""E-mails: what they look like, that each is handed over, and what becomes of those that nobody takes."""

import asyncio
import ssl
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from ohmstead.app.mail import chosen_mailer
from ohmstead.app.settings import Settings, SettingsError
from ohmstead.app.system import System
from ohmstead.rooms.operator.mail import Attachment, Email, send
from ohmstead.rooms.operator.mail.composing import compose
from ohmstead.rooms.operator.mail.delivery import MailDelivery
from ohmstead.rooms.operator.mail.files import FileMailer
from ohmstead.rooms.operator.mail.mailer import Letter, Mailer, NotTaken, mailer
from ohmstead.rooms.operator.mail.smtp import SmtpMailer, SmtpServer
from ohmstead.rooms.operator.mail.table import email_attachment, email_message
from ohmstead.store.partitions import prune_all
from tests.client import Client
from tests.given import Given
from tests.rooms.later import Later
from tests.smtp_server import SmtpServer as Server
from tests.smtp_server import read

SENDER, PATH = "Ohmstead <mail@ohmstead.example>", "/internal/emails/v1.0"
RECEIPT = Email(
    to="ada@example.org",
    subject="Ihre Quittung für Zoë",
    body="Grüße,\nOhmstead\n",
    attachments=(Attachment("Quittung ä.pdf", "application/pdf", b"%PDF-1.7\n\x00\xff"),),
    reply_to="help@ohmstead.example",
)
THEN = datetime(2026, 12, 1, 8, tzinfo=UTC)
ROW = {"id": 7, "to": "ada@example.org", "reply_to": None, "subject": "s", "body": "b", "created_at": THEN}


class Post:
    """What is queued, and its delivery, by a clock that a test moves."""

    def __init__(self, later: Later) -> None:
        self.later, self.delivery = later, MailDelivery(later.database, later.clock)

    async def send(self, email: Email = RECEIPT) -> int:
        async with self.later.database.begin() as tx:
            return await send(tx, email)

    async def deliver(self, after: timedelta = timedelta(0)) -> None:
        """What is due some time from now."""
        await self.later.clock.advance(after.total_seconds())
        await self.delivery.start_due()
        await self.delivery.settled()

    async def rows(self) -> list[Any]:
        async with self.later.database.read() as tx:
            return await tx.all(select(email_message).order_by(email_message.c.id))

    async def state(self) -> tuple[int, float | None, str | None]:
        """Of the only one: attempts, in how many s the next is, and why it was not sent."""
        (row,) = await self.rows()
        due = row["due_at"] and (row["due_at"] - self.later.clock.now()).total_seconds()
        return row["attempts"], due, row["problem"]


@pytest.fixture
def post(later: Later) -> Post:
    return Post(later)


Using = Callable[[Mailer], None]


@pytest.fixture
def using(request: pytest.FixtureRequest) -> Using:
    """Hands e-mails to a mailer, until the test ends."""
    return lambda one: request.addfinalizer(mailer.provide(one))


def at(server: Server, timeout_s: float = 5) -> SmtpMailer:
    return SmtpMailer(SmtpServer("127.0.0.1", server.port, tls=False), SENDER, timeout_s)


async def test_a_server_gets_what_was_queued(post: Post, using: Using) -> None:
    async with Server() as server:
        using(at(server))
        key = await post.send()
        await post.deliver()
    (message,) = server.messages
    assert server.envelopes == [("mail@ohmstead.example", ["ada@example.org"])]
    assert (message["From"], message["To"], message["Reply-To"]) == (SENDER, RECEIPT.to, RECEIPT.reply_to)
    assert (message["Subject"], message["Auto-Submitted"]) == (RECEIPT.subject, "auto-generated")
    assert message["Message-ID"].endswith(f"-{key}@ohmstead.example>")
    body, (file,) = message.get_body(), message.iter_attachments()
    assert body
    assert body.get_content().replace("\r\n", "\n") == RECEIPT.body
    assert (file.get_filename(), file.get_content_type()) == ("Quittung ä.pdf", "application/pdf")
    assert file.get_content() == RECEIPT.attachments[0].content
    assert server.taken[0].isascii()
    assert await post.rows() == []
    async with post.later.database.read() as tx:
        assert await tx.all(select(email_attachment)) == []


async def test_without_a_server_they_are_files(post: Post, using: Using, tmp_path: Path) -> None:
    using(FileMailer(tmp_path / "mail", SENDER))
    await post.send()
    await post.deliver()
    (path,) = (tmp_path / "mail").iterdir()
    assert path.suffix == ".eml"
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert read(path.read_bytes())["Subject"] == RECEIPT.subject
    (tmp_path / "none").touch()
    using(FileMailer(tmp_path / "none", SENDER))
    await post.send()
    await post.deliver()
    assert await post.state() == (1, 60, f"{tmp_path / 'none'}: File exists")


async def test_a_server_that_is_away_gets_it_later(post: Post, using: Using) -> None:
    async with Server() as server:
        pass
    using(at(server))
    await post.send()
    await post.deliver()
    attempts, due, problem = await post.state()
    assert (attempts, due) == (1, 60)
    assert problem
    assert problem.startswith("SMTPConnectError: ")
    await post.deliver(timedelta(seconds=59))
    assert (await post.state())[0] == 1
    async with server:
        await post.deliver(timedelta(seconds=1))
    assert len(server.taken) == 1
    assert await post.rows() == []


async def test_what_is_refused_for_now_comes_again_and_is_given_up_after_two_days(post: Post, using: Using) -> None:
    begun = post.later.clock.now()
    async with Server() as server:
        using(at(server))
        await post.send()
        while (state := await post.state())[1] is not None:
            server.of_recipient = ["451 try again later"]
            await post.deliver(timedelta(seconds=state[1]))
    assert state == (20, None, "451 try again later")
    assert post.later.clock.now() - begun == timedelta(hours=48, minutes=15)
    assert not server.taken


@pytest.mark.parametrize("where", ["of_recipient", "of_data"])
async def test_what_is_refused_for_good_is_given_up(post: Post, using: Using, where: str) -> None:
    async with Server() as server:
        using(at(server))
        setattr(server, where, ["550 no such mailbox"])
        await post.send()
        await post.deliver()
        assert await post.state() == (1, None, "550 no such mailbox")
        await post.deliver(timedelta(days=1))
    assert not server.taken


async def test_who_answers_late_gets_the_same_message_again(post: Post, using: Using) -> None:
    async with Server() as server:
        using(at(server, timeout_s=0.1))
        server.silent = asyncio.Event()
        await post.send()
        await post.deliver()
        attempts, due, problem = await post.state()
        assert (attempts, due) == (1, 60)
        assert problem
        assert "imed out" in problem
        server.silent.set()
        await post.deliver(timedelta(seconds=60))
    first, second = server.taken
    assert first == second
    assert read(first)["Message-ID"]
    assert await post.rows() == []


async def test_who_is_killed_between_sending_and_noting_it_sends_the_same_again(post: Post, using: Using) -> None:
    class Killed(FileMailer):
        def __init__(self) -> None:
            super().__init__(Path(), SENDER)
            self.sent: list[Letter] = []

        async def take(self, letter: Letter) -> None:
            self.sent.append(letter)
            if len(self.sent) == 1:
                raise asyncio.CancelledError

    using(killed := Killed())
    await post.send()
    with pytest.raises(asyncio.CancelledError):
        await post.deliver()
    assert await post.state() == (1, 60, None)
    await post.deliver(timedelta(seconds=59))
    assert len(killed.sent) == 1
    await post.deliver(timedelta(seconds=1))
    assert killed.sent[0] == killed.sent[1]
    assert await post.rows() == []


async def test_what_cannot_be_noted_is_not_sent(post: Post, using: Using, full: Any) -> None:
    """A disk that is full makes nobody get the same mail each second."""
    async with Server() as server:
        using(at(server))
        await post.send()
        await full("email_message")
        await post.deliver()
        assert not server.taken
        await full.room()
        await post.deliver()
    assert len(server.taken) == 1


async def test_nobody_else_sends_what_is_being_sent(post: Post, using: Using) -> None:
    other = MailDelivery(post.later.database, post.later.clock)
    async with Server() as server:
        using(at(server))
        await post.send()
        await asyncio.gather(post.delivery.start_due(), other.start_due())
        await asyncio.gather(post.delivery.settled(), other.settled())
    assert len(server.taken) == 1


async def test_a_password_is_given_and_said_to_nobody(post: Post, using: Using) -> None:
    async with Server(password="s3cret") as server:
        using(SmtpMailer(SmtpServer.parse(f"smtp://us:wrong@127.0.0.1:{server.port}"), SENDER))
        await post.send()
        await post.deliver()
        attempts, due, problem = await post.state()
        assert (attempts, due) == (1, 60)
        assert problem
        assert problem.startswith("535 ")
        using(SmtpMailer(SmtpServer.parse(f"smtp://us:s3cret@127.0.0.1:{server.port}"), SENDER))
        await post.deliver(timedelta(seconds=60))
    assert len(server.taken) == 1


async def test_starttls_is_used_where_it_is_offered(post: Post, using: Using, tmp_path: Path) -> None:
    key, certificate = str(tmp_path / "key.pem"), str(tmp_path / "certificate.pem")
    made = ("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1",
            "-subj", "/CN=us", "-keyout", key, "-out", certificate)  # fmt: skip
    await asyncio.to_thread(subprocess.run, made, check=True, capture_output=True)
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(certificate, key)
    async with Server(tls) as server:
        using(at(server))
        await post.send()
        await post.deliver()
    assert server.secure == [True]


@pytest.mark.parametrize(
    ("url", "port", "use_tls", "start_tls", "validates"),
    [
        ("smtp://mail.example", 587, False, None, True),
        ("smtp://u:p@mail.example:2525", 2525, False, True, True),
        ("smtps://u:p%40@mail.example", 465, True, False, True),
        ("smtp://u:p@localhost", 587, False, None, False),
    ],
)
def test_a_password_goes_over_no_network_in_the_clear(
    url: str, port: int, use_tls: bool, start_tls: bool | None, validates: bool
) -> None:
    found = SmtpServer.parse(url).options()
    assert (found["port"], found["use_tls"], found["start_tls"], found["validate_certs"]) == (
        port, use_tls, start_tls, validates,
    )  # fmt: skip
    assert found["password"] in (None, "p", "p@")


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"smtp_url": "http://mail.example", "mail_from": SENDER}, "smtp_url: it must be smtp"),
        ({"smtp_url": "smtp://u:s3cret@", "mail_from": SENDER}, "smtp_url: it must be smtp"),
        ({"smtp_url": "smtp://mail.example:x", "mail_from": SENDER}, "smtp_url: "),
        ({"smtp_url": "smtp://u@mail.example", "mail_from": SENDER}, "smtp_url: a user needs a password"),
        ({"smtp_url": "smtp://mail.example/in", "mail_from": SENDER}, "smtp_url: nothing may follow"),
        ({"smtp_url": "smtp://mail.example"}, "mail_from: it is needed"),
        ({"mail_from": "Ohmstead"}, "mail_from: 'Ohmstead' is no e-mail address"),
    ],
)
def test_settings_that_cannot_be_meant_stop_the_start(settings: dict[str, Any], named: str) -> None:
    with pytest.raises(SettingsError) as refused:
        chosen_mailer(Settings(**settings))
    assert str(refused.value).startswith(named)
    assert "s3cret" not in str(refused.value)


@pytest.mark.parametrize("breaking", ["\r\n", "\n", "\r", "\x85", "\u2028", "\x0b", "\x0c"])
def test_no_text_begins_a_header(breaking: str) -> None:
    evil = f"Hello{breaking}Bcc: eve@example.org{breaking}{breaking}<b>"
    file = {"name": evil, "media_type": "text/plain", "content": b"x"}
    message = read(compose(ROW | {"subject": evil}, [file], SENDER).raw)
    assert message["Subject"] == "Hello Bcc: eve@example.org <b>"
    assert message["Bcc"] is None
    assert set(message.keys()) == {
        "From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "MIME-Version", "Content-Type",
    }  # fmt: skip
    for field in ("to", "reply_to"):
        with pytest.raises(NotTaken) as refused:
            compose(ROW | {field: f"ada@example.org{breaking}Bcc: eve@example.org"}, [], SENDER)
        assert refused.value.for_good
    with pytest.raises(ValueError):
        compose(ROW, [], f"Ohmstead{breaking}Bcc: eve@example.org <mail@ohmstead.example>")


def test_names_of_any_script_are_read_again() -> None:
    raw = compose(ROW | {"subject": "Reçu " * 40 + "✓"}, [], "Löwe, Ö & Søn <mail@ohmstead.example>").raw
    assert raw.isascii()
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    assert read(raw)["Subject"] == "Reçu " * 40 + "✓"
    assert read(raw)["From"].addresses[0].display_name == "Löwe, Ö & Søn"


async def test_what_was_given_up_is_shown_and_tried_again(api: Client, post: Post, using: Using) -> None:
    async with Server() as server:
        using(at(server))
        server.of_recipient = ["550 no such mailbox"]
        key = await post.send()
        await post.deliver()
        other = await post.send(Email(to="bob@example.org", subject="s", body="b"))
        shown = (await api.get(f"{PATH}/{key}")).data
        assert {name: shown[name] for name in ("status", "attempts", "problem", "nextAttemptAt", "attachments")} == {
            "status": "failed", "attempts": 1, "problem": "550 no such mailbox", "nextAttemptAt": None,
            "attachments": ["Quittung ä.pdf"],
        }  # fmt: skip
        assert "body" not in shown
        for query, found in (
            ("", [key, other]),
            ("filter[status]=failed", [key]),
            ("filter[status]=pending", [other]),
            ("filter[to]=bob@example.org", [other]),
        ):
            assert [row["id"] for row in (await api.get(PATH, query)).data] == found
        assert (await api.post(f"{PATH}/{key}/retry")).status == 202
        assert (await api.get(f"{PATH}/{key}")).data["status"] == "pending"
        await post.deliver(timedelta(seconds=1))
        assert (await api.get(PATH)).data == []
        assert (await api.post(f"{PATH}/{key}/retry")).status == 404
    assert len(server.taken) == 2


async def test_only_the_operator_sees_them(system: System, given: Given) -> None:
    other = await given.client("emails.write")
    assert (await other.get(PATH)).status == 403
    await other.close()


async def test_what_was_given_up_goes_after_a_month(post: Post) -> None:
    key = await post.send()
    async with post.later.database.begin() as tx:
        await tx.run(update(email_message).values(created_at=tx.now - timedelta(days=29), due_at=None))
        await prune_all(tx, {})
    assert [row["id"] for row in await post.rows()] == [key]
    async with post.later.database.begin() as tx:
        await tx.run(update(email_message).values(created_at=tx.now - timedelta(days=31)))
        await prune_all(tx, {})
    assert await post.rows() == []


async def test_who_is_deleted_gets_nothing_more(api: Client, given: Given, post: Post) -> None:
    user = await given.user(email="Ada@example.org")
    await post.send()
    await post.send(Email(to="bob@example.org", subject="s", body="b"))
    assert (await api.delete(f"/resources/users/v1.0/{user['id']}")).status == 204
    assert [row["to"] for row in await post.rows()] == ["bob@example.org"]
