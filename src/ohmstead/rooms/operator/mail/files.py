"""The outbox of who has set no SMTP server: each e-mail is a file that any mail program opens."""

import asyncio
import os
from pathlib import Path

from ohmstead.rooms.operator.mail.mailer import Letter, NotTaken


class FileMailer:
    """Writes each letter to a file of its own below `folder`, whole or not at all; the same letter to the same file."""

    def __init__(self, folder: Path, sender: str) -> None:
        self.folder, self.sender = folder, sender

    async def take(self, letter: Letter) -> None:
        try:
            await asyncio.to_thread(self._write, letter)
        except OSError as error:  # no room, most of all
            raise NotTaken(f"{self.folder}: {error.strerror or error}") from None

    def _write(self, letter: Letter) -> None:
        """Nobody else on the machine reads what is written to people."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        half = self.folder / f"{letter.name}.part"
        with open(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(letter.raw)
            file.flush()
            os.fsync(file.fileno())
        half.replace(self.folder / f"{letter.name}.eml")
