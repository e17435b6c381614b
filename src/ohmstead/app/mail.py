"""Where e-mails go: to the server of the settings, or into files."""

from ohmstead.app.settings import Settings, SettingsError
from ohmstead.rooms.operator.mail.composing import mailbox
from ohmstead.rooms.operator.mail.files import FileMailer
from ohmstead.rooms.operator.mail.mailer import Mailer
from ohmstead.rooms.operator.mail.smtp import SmtpMailer, SmtpServer

_NOBODY = "Ohmstead <ohmstead@localhost>"


def chosen_mailer(settings: Settings) -> Mailer:
    """The one that the settings ask for; SettingsError where they cannot be meant."""
    sender = settings.mail_from or _NOBODY
    try:
        mailbox(sender)
    except ValueError as error:
        raise SettingsError(f"mail_from: {error}") from None
    if settings.smtp_url is None:
        return FileMailer(settings.data_dir / "mail", sender)
    if settings.mail_from is None:
        raise SettingsError("mail_from: it is needed with smtp_url")
    try:
        return SmtpMailer(SmtpServer.parse(settings.smtp_url), sender)
    except ValueError as error:
        raise SettingsError(f"smtp_url: {error}") from None
