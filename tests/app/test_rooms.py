"""The rooms: whatever is written in one of them is there when the system runs."""

import subprocess
import sys
from pathlib import Path

import ohmstead.rooms

SHOW = "import sys, ohmstead.app.system; print(*(name for name in sys.modules if name.startswith('ohmstead.rooms')))"
LATER = {
    "ohmstead.rooms.operator.outbound_requests",
    "ohmstead.rooms.notices.webhook_requests",
    "ohmstead.rooms.notices.kafka_producer",
    "ohmstead.rooms.billing.gateways.stripe",
    *(
        f"ohmstead.rooms.billing.documents.files.{name}"
        for name in ("pdf", "page", "words", "invoice_xml", "typesetting", "metadata")
    ),
}
"""What is loaded when it is needed: an HTTP client takes seven megabytes; Kafka, Stripe and typst come with packages of
their own."""


def test_every_module_of_the_rooms_is_imported() -> None:
    """A module that nobody imports has rules and subscriptions that silently do not exist."""
    folder = Path(ohmstead.rooms.__file__).parent
    files = (path for path in folder.rglob("*.py") if path.read_text())
    parts = (path.relative_to(folder.parent).with_suffix("").parts for path in files)
    written = {".".join(("ohmstead", *part)).removesuffix(".__init__") for part in parts}
    imported = {
        *subprocess.run([sys.executable, "-c", SHOW], check=True, capture_output=True, text=True).stdout.split()
    }
    assert written - imported == LATER
