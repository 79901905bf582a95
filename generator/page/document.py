"""The page's value as one HTML document: the template, its style, its script and the data, held together by a policy.

The policy (Content-Security-Policy) lets run what has the hash of our own script and style, and lets nothing be
fetched. All that specs say is data, which the script writes as text.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
from importlib.resources import files
from typing import Any

from .data import page_data
from .fleet import FleetPage

MARK = "<!doctype html>\n<!-- Made by nearedge report. -->\n"
"""How every page of ours begins, and no other file."""
SCRIPTS = (
    "dom",
    "words",
    "data",
    "selector",
    "state",
    "pieces",
    "rows",
    "overview",
    "placement",
    "capacity",
    "verdicts",
    "rollout",
    "findings",
    "spec",
    "cluster",
    "model",
    "plan",
    "search",
    "shell",
    "main",
)
"""Parts of the script, each of which uses what stands before it."""
_UNSEEN = re.compile("[\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
"""What steers a terminal or the reading of a text; JSON escapes the lower ones by itself."""
_SLOT = re.compile(r"\{\{(\w+)\}\}")


def page_html(page: FleetPage) -> str:
    """The whole document; the same page gives the same bytes on every machine."""
    return document(page_data(page))


def document(data: dict[str, Any]) -> str:
    """The document around data of `page_data`."""
    style, script = asset("page.css"), "\n".join(asset(f"js/{name}.js") for name in SCRIPTS)
    slots = {
        "policy": html.escape(policy(style, script)),
        "title": html.escape(f"{data['fleet']}: {'plan' if data['plan'] else 'fleet'}"),
        "fleet": html.escape(data["fleet"]),
        "summary": html.escape(_summary(data)),
        "style": style,
        "script": script,
        "data": json_text(data),
    }
    # One walk, so that nothing in the data is taken for a slot.
    body = _SLOT.sub(lambda found: slots[found[1]], asset("page.html"))
    return f"{MARK}{body}"


def policy(style: str, script: str) -> str:
    """What the document may do: run this script, use this style, and nothing else."""
    return (
        f"default-src 'none'; script-src '{_hash(script)}'; style-src '{_hash(style)}'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def json_text(data: Any) -> str:
    """Data inside of a script element: no `<` ends it or opens a comment, nothing steers who reads it."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    text = _UNSEEN.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
    return text.encode("utf-8", "backslashreplace").decode()


def _summary(data: dict[str, Any]) -> str:
    """For who reads without scripts."""
    plan = f" Plan: {data['plan']['sentence']}" if data["plan"] else ""
    findings = len(data["findings"])
    return f"{len(data['clusters'])} of {data['whole']} clusters, {len(data['models'])} models, {findings} findings.{plan}"


def asset(name: str) -> str:
    """A file of `assets/`."""
    return (files(__package__) / "assets" / name).read_text("utf-8")
