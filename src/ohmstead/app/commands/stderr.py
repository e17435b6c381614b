"""What a command says beside its result: on the error stream, so that the result can be piped."""

import sys


def print_stderr(text: str) -> None:
    """Say it at once."""
    print(text, file=sys.stderr, flush=True)
