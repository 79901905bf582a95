"""GitHub's own word on requests and answers: every one of the stand-in is held against it.

tests/data/github_contract.json is an extract of GitHub's published OpenAPI document (scripts/github_contract.py).
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from jsonschema import Draft4Validator

from tests.conftest import ROOT

FILE = ROOT / "tests/data/github_contract.json"


@cache
def contract() -> dict[str, Any]:
    """The extract as it is on disk."""
    loaded: dict[str, Any] = json.loads(FILE.read_text("utf-8"))
    return loaded


def operation(verb: str, path: str) -> dict[str, Any] | None:
    """What GitHub publishes about a request."""
    for found in contract()["operations"]:
        pattern = re.sub(r"\{\w+\}", "[^/]+", found["path"])
        if found["verb"] == verb and re.fullmatch(pattern, path):
            return dict(found)
    return None


def example(verb: str, path: str, status: int) -> Any:
    """GitHub's own example of an answer, to be changed at will."""
    found = operation(verb, path)
    assert found is not None, path
    return copy.deepcopy(found["answers"][str(status)]["example"])


def wrong_request(verb: str, path: str, query: Mapping[str, str], body: Any) -> list[str]:
    """What GitHub would not understand of a request; parameters and fields that it does not publish as well."""
    found = operation(verb, path)
    if found is None:
        return [f"{verb} {path} is no operation of the contract"]
    known = {item["name"]: item for item in found["parameters"] if item["in"] == "query"}
    wrong = [f"{path} knows no parameter {name}" for name in query if name not in known]
    for name, value in query.items():
        if name in known:
            schema = known[name]["schema"]
            wrong += faults(
                schema, int(value) if schema.get("type") == "integer" else value, f"{path}?{name}"
            )
    if found["body"] is None:
        return [*wrong, *([f"{verb} {path} takes no body"] if body is not None else [])]
    schema = found["body"]["schema"]
    fields = {name for part in (schema, *schema.get("oneOf", ())) for name in part.get("properties", ())}
    wrong += [f"{path} knows no field {name}" for name in (body or {}) if name not in fields]
    return wrong + faults(schema, body, path)


def wrong_answer(verb: str, path: str, status: int, data: Any) -> list[str]:
    """What of an answer GitHub does not publish."""
    found = operation(verb, path)
    answers = found["answers"] if found else {}
    if str(status) not in answers:
        return [f"{verb} {path} never answers {status}"]
    schema = answers[str(status)].get("schema")
    if schema is None:
        return [f"{verb} {path} answers {status} with nothing"] if data is not None else []
    return faults(schema, data, f"{verb} {path} {status}")


def faults(schema: Any, value: Any, where: str) -> list[str]:
    """Where a value departs from a schema of the contract."""
    whole = {"definitions": contract()["definitions"], "allOf": [schema]}
    found = Draft4Validator(whole).iter_errors(value)
    return [f"{where}: {error.json_path} {error.message[:200]}" for error in found]
