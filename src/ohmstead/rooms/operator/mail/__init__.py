"""Mail: what is sent to people, kept until a server has taken it."""

from ohmstead.rooms.operator.mail.sending import Attachment, Email, forget, send, waiting_for, withdraw

__all__ = ["Attachment", "Email", "forget", "send", "waiting_for", "withdraw"]
