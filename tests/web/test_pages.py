"""The pages we serve: what there is, and that they ask nobody but this server."""

import re

import pytest

from ohmstead.web.pages import page, spoken


def text(name: str) -> str:
    found = page("docs", name)
    assert found
    return found[0].decode()


@pytest.mark.parametrize(
    ("name", "kind"),
    [("", "text/html"), ("index.html", "text/html"), ("docs.css", "text/css"), ("docs.js", "text/javascript")],
)
def test_a_page_comes_with_its_type(name: str, kind: str) -> None:
    found = page("docs", name)
    assert found
    assert found[0]
    assert found[1] == f"{kind}; charset=utf-8"


@pytest.mark.parametrize("name", ["nothing.js", "../pages.py", "..", "/etc/passwd", "docs.css/"])
def test_no_other_name_gives_a_file(name: str) -> None:
    assert page("docs", name) is None


def test_every_file_a_page_asks_for_is_served() -> None:
    asked = re.findall(r'(?:href|src)="/docs/([^"]+)"', text(""))
    modules = re.findall(r'from "\./([^"]+)"', text("docs.js") + text("request.js"))
    assert {"docs.css", "docs.js", "schema.js", "request.js", "element.js"} == {*asked, *modules}
    assert all(page("docs", name) for name in (*asked, *modules))


def test_nothing_in_the_page_is_what_its_policy_refuses() -> None:
    """No script, style or handler within the markup, no style attribute made later, no text run as code."""
    assert not re.findall(r"<style|<script(?![^>]*src=)|\s(?:on\w+|style)=", text(""))
    scripts = "".join(text(name) for name in ("docs.js", "schema.js", "request.js", "element.js"))
    assert not re.findall(r"\bstyle:|\"style\"|innerHTML|\beval\(|new Function", scripts)


@pytest.mark.parametrize("name", ["", "docs.css", "docs.js", "schema.js", "request.js", "element.js"])
def test_a_page_names_no_outside_host(name: str) -> None:
    assert not re.findall(r"(?:https?:)?//[a-z0-9-]+\.[a-z]", text(name))


@pytest.mark.parametrize("name", ["index.html", "unknown.html", "pay.css", "pay.js"])
def test_the_card_page_is_within_its_policy_and_names_no_outside_host(name: str) -> None:
    found = page("pay", name)
    assert found
    words = found[0].decode()
    assert not re.findall(r"<style|<script(?![^>]*src=)|\s(?:on\w+|style)=|innerHTML|\beval\(|new Function", words)
    assert not re.findall(r"(?:https?:)?//[a-z0-9-]+\.[a-z]", words)
    assert all(page("pay", one) for one in re.findall(r'(?:href|src)="/pay/files/([^"]+)"', words))


def test_a_page_is_spoken_in_one_language() -> None:
    told = spoken("pay", "index.html", "fr").decode()
    assert '<html lang="fr">' in told
    assert "Numéro de carte" in told
    assert "$" not in told
    assert "Card number" not in told
