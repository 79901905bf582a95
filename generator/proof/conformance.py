"""Every object against its schema, by kubeconform or, where there is none, by a JSON Schema library.

Both read the same files of schemas/kinds/ and nothing from the network. An object of an unknown kind fails,
and an engine that does not answer for an object fails it too.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path as File
from typing import Any, NamedTuple, NoReturn

from ..errors import ToolFailed
from ..facts.schema_files import FOLDER, kubeconform_locations, load_schema, schema_path
from ..programs.run import Tool, run


class Misfit(NamedTuple):
    """An object, as the JSON it was given as, and what is wrong with it."""

    text: str
    message: str


Judge = Callable[[File, Sequence[str], Sequence[str]], Iterator[Misfit]]
"""(root, schema sets, objects as JSON) -> those that do not fit."""


@dataclass(frozen=True)
class Engine:
    """What judges, and its name and version."""

    name: str
    judge: Judge


def kubeconform(tool: Tool) -> Engine:
    """The program, with -strict and one process for all objects."""

    def judge(root: File, sets: Sequence[str], objects: Sequence[str]) -> Iterator[Misfit]:
        if not objects:
            return
        with tempfile.TemporaryDirectory(prefix="nearedge-") as folder:
            for i, text in enumerate(objects):
                (File(folder) / f"{i}.json").write_text(text, "utf-8")
            answers = _answers(tool, root, sets, File(folder))
        for i, text in enumerate(objects):
            found = answers.get(i, ["kubeconform did not answer for it"])
            yield from (Misfit(text, message) for message in found)

    return Engine(str(tool), judge)


def _answers(tool: Tool, root: File, sets: Sequence[str], folder: File) -> dict[int, list[str]]:
    locations = [
        part for item in kubeconform_locations(root.resolve(), sets) for part in ("-schema-location", item)
    ]
    options = ("-strict", "-verbose", "-output", "json")
    # Exit code 1: some object does not fit. Anything else is the program's own failure.
    done = run(tool, (*options, *locations, str(folder)), accept=(0, 1), timeout=600)
    try:
        resources = json.loads(done.stdout)["resources"] or []
    except (ValueError, KeyError):
        command = (tool.path, *options)
        raise ToolFailed(command=command, reason="printed no JSON", stderr=done.stderr) from None
    answers: dict[int, list[str]] = {}
    for item in resources:
        answers.setdefault(int(File(item["filename"]).stem), []).extend(_messages(item, sets))
    return answers


def _messages(item: dict[str, Any], sets: Sequence[str]) -> list[str]:
    if item["status"] == "statusValid":
        return []
    if "could not find schema" in item.get("msg", ""):
        return [no_schema(sets)]
    details = [f"{entry['path'] or '/'} {entry['msg']}" for entry in item.get("validationErrors") or ()]
    return details or [item.get("msg") or f"kubeconform says {item['status']}"]


def no_schema(sets: Sequence[str]) -> str:
    """Sentence for an object of a kind that no set has."""
    return f"no schema for it in {FOLDER.as_posix()}/ ({', '.join(sets)})"


def library() -> Engine:
    """The jsonschema-rs library, in this process."""
    from importlib.metadata import version  # noqa: PLC0415 - large, and only where there is no kubeconform

    return Engine(f"jsonschema-rs {version('jsonschema-rs')} (kubeconform not found)", _judge_here)


def _judge_here(root: File, sets: Sequence[str], objects: Sequence[str]) -> Iterator[Misfit]:
    @cache
    def validator(api_version: str, kind: str) -> Any:
        path = schema_path(root, sets, api_version, kind)
        return None if path is None else _validator(load_schema(path))

    for text in objects:
        manifest = json.loads(text)
        found = validator(manifest["apiVersion"], manifest["kind"])
        if found is None:
            yield Misfit(text, no_schema(sets))
            continue
        for error in found.iter_errors(manifest):
            path = "/".join(("", *map(str, error.instance_path)))
            yield Misfit(text, f"{path or '/'} {error.message}")


def _validator(schema: dict[str, Any]) -> Any:
    import jsonschema_rs  # noqa: PLC0415 - heavy, and only where there is no kubeconform

    return jsonschema_rs.Draft7Validator(schema, retriever=_refuse)


def _refuse(uri: str) -> NoReturn:
    raise LookupError(f"{uri} is not read: schemas refer to themselves only")
