"""Receives webhooks of Ohmstead: verifies each, drops repeats, prints the rest. Python 3.11 and nothing else.

OHMSTEAD_TOKEN=<the token that made the subscription> python receiver.py 8900
"""

import hmac
import json
import os
import sys
import time
from base64 import b64encode
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

TOKEN = os.environ["OHMSTEAD_TOKEN"].encode()
TOLERATED_S = 300
MOST_BYTES = 1_000_000
known: dict[str, None] = {}  # ids that were taken; keep yours in a database, with what you do with them


def verified(headers: Message, body: bytes) -> bool:
    """Whether these very bytes come from who has the token, and of late."""
    id, at, given = (headers.get(f"webhook-{name}", "") for name in ("id", "timestamp", "signature"))
    if not at.isascii() or not at.isdigit() or abs(time.time() - int(at)) > TOLERATED_S:
        return False
    signed = hmac.digest(TOKEN, f"{id}.{at}.".encode() + body, "sha256")
    return hmac.compare_digest(("v1," + b64encode(signed).decode()).encode(), given.encode())


class Receiver(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"  # connections are kept
    timeout = 60

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length", "0"))
        if length > MOST_BYTES:
            self.close_connection = True
            return self.answer(413)
        body = self.rfile.read(length)
        if not verified(self.headers, body):
            return self.answer(401)
        if (id := self.headers["webhook-id"]) not in known:
            known[id] = None
            notification = json.loads(body)  # only now
            print(id, notification["notification"], flush=True)
        return self.answer(202)  # at once: whatever takes long is done afterwards

    def answer(self, status: int) -> None:
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1]) if len(sys.argv) > 1 else 8900), Receiver)
print(f"listening on http://127.0.0.1:{server.server_port}/", flush=True)
server.serve_forever()
