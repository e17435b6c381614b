"""Mail: what is sent to people, kept until a server has taken it."""

from ohmstead.rooms.operator.mail.sending import Attachment, Email, send

__all__ = ["Attachment", "Email", "send"]
