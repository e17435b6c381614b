"""Signatures of webhooks, held against openssl and against the library of Standard Webhooks."""

import hmac
import subprocess
from base64 import b64decode
from datetime import UTC, datetime

import pytest
from standardwebhooks import Webhook
from standardwebhooks.webhooks import WebhookVerificationError

from ohmstead.engines.webhook_signatures import Signer, standard_secret

TOKEN = "0123-äöü-token"
BODY = '{"notification": "user.changed", "name": "Jörg Ünal", "amount": 18.90, "id": 9007199254740993}'.encode()


def openssl(content: bytes) -> bytes:
    """HMAC-SHA256 by another hand."""
    asked = ["openssl", "dgst", "-sha256", "-mac", "HMAC", "-macopt", f"hexkey:{TOKEN.encode().hex()}", "-binary"]
    return subprocess.run(asked, input=content, check=True, capture_output=True).stdout


def test_the_body_is_signed_in_hex() -> None:
    assert Signer(TOKEN).of_body(BODY) == openssl(BODY).hex()
    for token in ("k" * 64, "k" * 65, "ü" * 100, ""):
        assert Signer(token).of_body(BODY) == hmac.digest(token.encode(), BODY, "sha256").hex()
    published = "f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8"
    assert Signer("key").of_body(b"The quick brown fox jumps over the lazy dog") == published


def test_a_signer_signs_each_content_for_itself() -> None:
    signer = Signer(TOKEN)
    assert [signer.of_body(body) for body in (BODY, b"", BODY)] == [
        openssl(body).hex() for body in (BODY, b"", BODY)
    ]  # fmt: skip


def test_id_moment_and_body_are_signed_as_standard_webhooks_want_it() -> None:
    at_s = int(datetime.now(UTC).timestamp())
    signed = Signer(TOKEN).standard("msg_7", at_s, BODY)
    assert b64decode(signed.removeprefix("v1,")) == openssl(b"msg_7.%d." % at_s + BODY)
    headers = {"webhook-id": "msg_7", "webhook-timestamp": str(at_s), "webhook-signature": signed}
    library = Webhook(standard_secret(TOKEN))
    assert library.verify(BODY, headers)["name"] == "Jörg Ünal"
    for name, other in (("webhook-id", "msg_8"), ("webhook-timestamp", str(at_s - 1))):
        with pytest.raises(WebhookVerificationError):
            library.verify(BODY, headers | {name: other})
    with pytest.raises(WebhookVerificationError):
        library.verify(BODY.replace(b"18.90", b"18.9"), headers)
