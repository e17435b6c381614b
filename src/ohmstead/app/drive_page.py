"""The page of drivers without an account, at /drive/{code}: the same for every code, which its script asks about."""

from typing import Any

from ohmstead.app.pages import send_page
from ohmstead.web.pages import page


class DrivePage:
    """Codes have no dot in them, files have."""

    async def on_get(self, req: Any, resp: Any, name: str) -> None:
        is_file = "." in name and not name.endswith(".html")
        send_page(resp, page("drive", name if is_file else "index.html"))
        if not is_file:
            resp.set_headers({"Cache-Control": "no-store", "X-Robots-Tag": "noindex"})


def add_drive_page(app: Any) -> None:
    """Route it."""
    app.add_route("/drive/{name}", DrivePage())
