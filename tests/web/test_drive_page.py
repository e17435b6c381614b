"""The page of drivers without an account as it is served: small, in three languages alike, nothing from elsewhere."""

import re
from typing import get_args

from ohmstead.engines.languages import LANGUAGES
from ohmstead.engines.pricing.offer import About
from ohmstead.rooms.billing.drive.place import Standing
from ohmstead.rooms.billing.drive.table import Reason, State
from ohmstead.web.pages import ROOT
from tests.client import Client

FOLDER = ROOT / "drive"
MOST_BYTES = 30_000  # of all it is made of, as it is sent: who stands at a charge point may have one bar of reception


def spoken() -> dict[str, dict[str, str]]:
    """The words of each language."""
    found = re.findall(r"^  (\w\w): \{(.*?)^  \},", (FOLDER / "words.js").read_text(), re.MULTILINE | re.DOTALL)
    return {language: dict(re.findall(r'(\w+): "(.*?)"', words)) for language, words in found}


async def test_it_is_small(api: Client) -> None:
    page = await api.text("/drive/some-code")
    files = set(re.findall(r'(?:href|src)="(/drive/[\w.]+)"', page))
    files |= set(re.findall(r'from "(/drive/[\w.]+)"', await api.text("/drive/drive.js")))
    assert files == {f"/drive/{path.name}" for path in FOLDER.iterdir() if path.suffix != ".html"}
    assert sum([len((await api.text(name)).encode()) for name in files]) + len(page.encode()) <= MOST_BYTES


async def test_it_takes_nothing_from_elsewhere_and_keeps_nothing(api: Client) -> None:
    for path in FOLDER.iterdir():
        text = path.read_text()
        assert not re.search(r"https?://|//\w+\.\w+/|@import|url\(|style=|<script>| on\w+=\"", text), path.name
        assert not re.search(r"cookie|localStorage|sessionStorage|indexedDB|innerHTML|insertAdjacent", text), path.name
    async with api._session.get(f"{api.base}/drive/some-code") as reply:
        assert "unsafe" not in reply.headers["Content-Security-Policy"]
        assert (reply.headers["Referrer-Policy"], reply.headers["Cache-Control"]) == ("no-referrer", "no-store")
        assert "Set-Cookie" not in reply.headers
    assert (await api.get("/raw/drive/nothing.js")).status == 404


def test_the_languages_say_the_same() -> None:
    words = spoken()
    assert list(words) == list(LANGUAGES)
    first = words[LANGUAGES[0]]
    for language in LANGUAGES:
        assert list(words[language]) == list(first), language
        for name, text in words[language].items():
            assert set(re.findall(r"\{\d\}", text)) == set(re.findall(r"\{\d\}", first[name])), (language, name)


def test_there_are_words_for_all_that_may_be_told() -> None:
    known = set(spoken()["en"])
    assert {*get_args(Reason), *get_args(Standing), *get_args(About)} <= known
    script = (FOLDER / "drive.js").read_text()
    assert set(get_args(State)) <= set(re.findall(r"^  (\w+): \(charge\) =>", script, re.MULTILINE))
    assert set(re.findall(r'(?:say|stop|figure)\("(\w+)"', script)) <= known
