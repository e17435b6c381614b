"""Ohmstead: a charge point management system in one program."""

import importlib
import sys


def _load_structlog_alone() -> None:
    """It loads rich wherever that is installed, for tracebacks that we do not want: 5 MB and 0.2 s of CPU a start.
    The demo, which draws with rich, loads it later by itself."""
    if "structlog" in sys.modules or "rich" in sys.modules:
        return
    sys.modules["rich"] = None  # pyright: ignore[reportArgumentType]  # as importing it says: not there
    try:
        importlib.import_module("structlog")
    finally:
        del sys.modules["rich"]


_load_structlog_alone()
