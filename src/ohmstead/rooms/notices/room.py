"""The room of notices: what it serves and what it does in the background."""

from ohmstead.kit.serving import Declared

OPERATIONS: tuple[Declared, ...] = ()
