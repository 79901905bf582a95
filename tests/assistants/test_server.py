"""What an assistant gets, through the SDK's own client."""

from __future__ import annotations

import json
from typing import Any

import pytest
from mcp.client import Client
from mcp.types import TextContent

from generator.assistants.answers import Fleet
from generator.assistants.server import made
from tests.conftest import ROOT

pytestmark = pytest.mark.asyncio


def connected() -> Client:
    return Client(made(Fleet(ROOT, lambda: "2026-11-29")))


async def asked(tool: str, **arguments: Any) -> tuple[bool, str]:
    async with connected() as client:
        result = await client.call_tool(tool, arguments)
    [content] = result.content
    assert isinstance(content, TextContent)
    return bool(result.is_error), content.text


async def test_every_tool_says_that_it_only_reads() -> None:
    async with connected() as client:
        tools = (await client.list_tools()).tools
    assert {tool.name for tool in tools} == {"list", "show", "explain", "check", "plan", "rules"}
    assert all(tool.annotations and tool.annotations.read_only_hint for tool in tools)


async def test_answers_are_the_json_of_the_commands() -> None:
    wrong, text = await asked("list", kind="models", limit=2)
    body = json.loads(text)
    assert (wrong, body["total"], len(body["items"])) == (False, 9, 2)
    _, text = await asked("rules", prefix="WAIVER")
    assert [item["code"] for item in json.loads(text)["rules"]] == [f"WAIVER00{i}" for i in range(1, 7)]
    _, text = await asked("explain", subject="store-001", path="ring")
    assert json.loads(text)["value"] == "canary"


@pytest.mark.parametrize(
    ("name", "arguments", "said"),
    [
        ("list", {"kind": "modls"}, "did you mean models?"),
        ("show", {"name": "store-01"}, "did you mean store-001?"),
        ("explain", {"subject": "../etc/passwd:1"}, "is not below clusters/"),
        ("explain", {"subject": "clusters/../pyproject.toml:1"}, "is not below clusters/"),
        ("plan", {"base": "--output=x"}, "is no branch, tag or commit"),
        ("rules", {}, "ask with the beginning of a code"),
        ("check", {"limit": 0}, "limit from 1"),
    ],
)
async def test_what_cannot_be_answered_is_said_with_what_to_ask(
    name: str, arguments: dict[str, Any], said: str
) -> None:
    wrong, text = await asked(name, **arguments)
    assert wrong
    assert said in text
