"""Typesetting: a page becomes a PDF/A-3b by typst, which comes with `pip install ohmstead[pdf]`.

The same page gives the same bytes, on whatever machine."""

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from threading import Lock
from typing import Any

from typst import Compiler, TypstError

from ohmstead.rooms.billing.documents.files.metadata import with_factur_x

TEMPLATE = Path(__file__).with_name("template.typ")
_ARCHIVED, _PLAIN = "a-3b", "1.7"
_compilers: dict[bool, Compiler] = {}
_one_at_a_time = Lock()  # a compiler bears one thread, and one uses the processor by itself


def typeset(page: Mapping[str, Any], invoice: bytes | None, at: datetime) -> bytes:
    """A PDF that bears the moment `at`, with the electronic invoice in it.

    The fonts are typst's. Letters that they lack are taken from the machine's, and where it lacks them too the PDF is
    no PDF/A, which a letter that is not shown cannot be."""
    last: TypstError | None = None
    for own_fonts, standard in ((True, _ARCHIVED), (False, _ARCHIVED), (False, _PLAIN)):
        try:
            made = _compiled(page, invoice, at, own_fonts, standard)
        except TypstError as error:
            last = error
        else:
            return made if invoice is None else with_factur_x(made)
    assert last is not None
    raise last


def _compiled(page: Mapping[str, Any], invoice: bytes | None, at: datetime, own_fonts: bool, standard: Any) -> bytes:
    inputs = {"page": json.dumps(page), "invoice": (invoice or b"").decode()}
    with _one_at_a_time:
        if own_fonts not in _compilers:
            _compilers[own_fonts] = Compiler(root=TEMPLATE.parent, ignore_system_fonts=own_fonts)
        made = _compilers[own_fonts].compile(
            TEMPLATE, format="pdf", sys_inputs=inputs, pdf_standards=[standard], timestamp=int(at.timestamp())
        )
    assert isinstance(made, bytes)
    return made
