"""The document: its policy holds exactly what is in it, and it asks nobody for anything."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from html.parser import HTMLParser

import pytest

from generator.page.data import page_data
from generator.page.document import MARK, SCRIPTS, asset, document
from generator.page.fleet import FleetPage
from tests.conftest import ROOT

HOSTILE = """</title></script><script>alert(1)</script>"'&<img src=x onerror=alert(2)>{{script}}{{data}}"""


class Parts(HTMLParser):
    """The elements of a document with their attributes, and the text of scripts and styles."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self._inside = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._inside = tag
        if tag in {"script", "style", "title"}:
            self.texts.append("")

    def handle_endtag(self, tag: str) -> None:
        del tag
        self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside in {"script", "style", "title"}:
            self.texts[-1] += data


@pytest.fixture(scope="module")
def parts(page: FleetPage) -> Parts:
    data = page_data(page) | {"fleet": HOSTILE, "repository": HOSTILE}
    return Parts(document(data))


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def test_the_policy_has_the_hashes_of_what_is_there(parts: Parts) -> None:
    _, style, _, script = parts.texts
    (policy,) = (found["content"] for tag, found in parts.elements if "http-equiv" in found)
    assert policy is not None
    said = dict(part.split(" ", 1) for part in policy.split("; "))
    assert said == {
        "default-src": "'none'",
        "script-src": _hash(script),
        "style-src": _hash(style),
        "img-src": "data:",
        "base-uri": "'none'",
        "form-action": "'none'",
    }


def test_a_hostile_name_is_no_element(parts: Parts) -> None:
    title, _, data, _ = parts.texts
    assert HOSTILE in title
    assert json.loads(data)["fleet"] == HOSTILE
    tags = [tag for tag, _ in parts.elements]
    assert (tags.count("script"), tags.count("img"), tags.count("title")) == (2, 0, 1)
    assert not [name for _, found in parts.elements for name in found if name.startswith("on")]


def test_nothing_is_fetched(parts: Parts) -> None:
    given = {name for _, found in parts.elements for name in found}
    assert given.isdisjoint({"src", "srcset", "action", "style"})
    assert [found["href"] for _, found in parts.elements if "href" in found] == ["#content"]
    _, style, _, script = parts.texts
    assert not re.search(r"url\(|@import", style)
    assert re.findall(r"https?://[^\"]*", script) == ["http://www.w3.org/2000/svg"]
    assert not re.search(
        r"\b(fetch|XMLHttpRequest|WebSocket|innerHTML|outerHTML|insertAdjacentHTML|eval)\b", script
    )


def test_every_part_of_the_script_is_used() -> None:
    files = sorted(path.stem for path in (ROOT / "generator/page/assets/js").glob("*.js"))
    assert files == sorted(SCRIPTS)


def test_it_begins_as_pages_of_ours_do(page: FleetPage) -> None:
    assert document(page_data(page)).startswith(MARK)


def _colours(block: str) -> dict[str, str]:
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{3,6})", block))


def _luminance(colour: str) -> float:
    full = colour[1:] if len(colour) == 7 else "".join(sign * 2 for sign in colour[1:])
    parts = (int(full[i : i + 2], 16) / 255 for i in (0, 2, 4))
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(first: str, second: str) -> float:
    high, low = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (high + 0.05) / (low + 0.05)


PAIRS = [
    *((text, ground) for text in ("text", "muted", "accent") for ground in ("ground", "surface", "raised")),
    *((kind, f"{kind}-soft") for kind in ("error", "warning", "note", "fine", "accent")),
    *((kind, "surface") for kind in ("error", "warning", "note", "fine")),
    *(("text", f"h{i}") for i in range(4)),
    *(("h4-text", f"h{i}") for i in (4, 5)),
    *(("over-text", ground) for ground in ("over", "over-2")),
]


@pytest.mark.parametrize("theme", ["light", "dark", "dark by the system", "paper"])
def test_every_text_has_contrast_enough(theme: str) -> None:
    """WCAG 2.2, 1.4.3: at least 4.5 to 1."""
    style = asset("page.css")
    start = {
        "light": ":root {",
        "dark": ':root[data-theme="dark"] {',
        "dark by the system": ':root:not([data-theme="light"]) {',
        "paper": "@media print",
    }[theme]
    block = style[style.index(start) + len(start) :]
    colours = _colours(block[: block.index("}")])
    poor = {pair: _contrast(*(colours[name] for name in pair)) for pair in PAIRS}
    assert {pair: round(found, 2) for pair, found in poor.items() if found < 4.5} == {}
