"""`ohmstead openapi`: the document of the API, without a database."""

import signal
import sys
from importlib.metadata import version

import msgspec

from ohmstead.app.rooms import OPERATIONS
from ohmstead.web.openapi import document


def openapi() -> None:
    """Print the OpenAPI document of the whole API as JSON."""
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # `ohmstead openapi | head` ends quietly
    raw = msgspec.json.encode(document(OPERATIONS, version("ohmstead")))
    sys.stdout.buffer.write(msgspec.json.format(raw, indent=2) + b"\n")
