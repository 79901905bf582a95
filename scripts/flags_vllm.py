"""vLLM's flags, read from its source by syntax alone: neither vLLM nor torch is imported.

    EngineArgs.add_cli_args, FrontendArgs, the config dataclasses -> flag -> {kind, aliases, choices, bounds, default}

What `_compute_kwargs` of vllm/engine/arg_utils.py makes of a field's type is made here of its annotation. Bounds are
those of pydantic's Field and of checks in the dataclass itself that raise (`if self.x > 1: raise`).
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from scripts.syntax import Hint, Module, Package, bounds_said, constant, field_call

ENGINE = "vllm.engine.arg_utils"
FRONTEND = "vllm.entrypoints.openai.cli_args"

Flags = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Option:
    """A flag: what the data says of it, and the file that says so."""

    names: tuple[str, ...]
    said: dict[str, Any]
    file: str


@dataclass
class Keywords:
    """Keywords of argparse that `get_kwargs` made, by the name of the variable that holds them."""

    classes: dict[str, tuple[Module, ast.ClassDef]] = field(default_factory=dict)
    fields: dict[str, tuple[str, str]] = field(default_factory=dict)
    """A variable that holds one field's keywords -> (variable of its class, field)."""
    read: dict[tuple[str, str], str] = field(default_factory=dict)
    """(variable, field) -> the expression that replaces its type."""


class Reader:
    """One release of vLLM, unpacked below `root`."""

    def __init__(self, root: Path) -> None:
        self.package = Package(root)

    def options(self) -> Iterator[Option]:
        """Every flag of the server, those of the engine after those of the front."""
        yield from self._frontend()
        yield from self._of_calls(self.package.module(FRONTEND), "make_arg_parser")
        engine = self.package.module(ENGINE)
        for name in ("EngineArgs", "AsyncEngineArgs"):
            yield from self._of_calls(engine, "add_cli_args", engine.node(name))

    @cached_property
    def human(self) -> dict[str, str]:
        """Field -> the function that reads its number (4k, auto), where it is not plain int."""
        compute = self.package.module(ENGINE).node("_compute_kwargs")
        found: dict[str, str] = {}
        for test in (item for item in ast.walk(compute) if isinstance(item, ast.If)):
            used = {
                item.id
                for statement in test.body
                for item in ast.walk(statement)
                if isinstance(item, ast.Name) and item.id.startswith("human_readable")
            }
            if len(used) == 1:
                named = (item.value for item in ast.walk(test.test) if isinstance(item, ast.Constant))
                found |= {name: next(iter(used)) for name in named if isinstance(name, str)}
        return found

    # The front

    def _frontend(self) -> Iterator[Option]:
        module = self.package.module(FRONTEND)
        front = module.node("FrontendArgs")
        assert isinstance(front, ast.ClassDef)  # noqa: S101
        changed = [item for name in self.package.line(module, front) for item in ast.walk(name[1])]
        as_json = {key for key, how in _overrides(changed) if "json.loads" in how}
        single = {key for item in changed if (key := _without_nargs(item))}
        appended = {key for key, how in _overrides(changed) if "append" in how}
        for name, (where, node) in self.package.fields(module, front).items():
            said = self._said(name, where, node)
            if name in as_json:
                said = {**said, "kind": "json"}
                said.pop("choices", None)
            elif name in single | appended and said["kind"] == "list":
                said = {**said, "kind": "str"}
            if name in appended:
                said["repeated"] = True
            yield Option((_flag(name),), said, where.file)

    # Calls of add_argument

    def _of_calls(self, module: Module, function: str, inside: ast.AST | None = None) -> Iterator[Option]:
        made = next(
            item
            for item in ast.walk(inside or module.tree)
            if isinstance(item, ast.FunctionDef) and item.name == function
        )
        known = self._keywords(module, made)
        for call in (item for item in ast.walk(made) if isinstance(item, ast.Call)):
            names = tuple(
                str(item.value)
                for item in call.args
                if isinstance(item, ast.Constant) and str(item.value).startswith("-")
            )
            if isinstance(call.func, ast.Attribute) and call.func.attr == "add_argument" and names:
                yield self._option(module, names, call, known)

    def _keywords(self, module: Module, function: ast.FunctionDef) -> Keywords:
        found = Keywords()
        for item in (item for item in ast.walk(function) if isinstance(item, ast.Assign)):
            target, value = item.targets[0], item.value
            if isinstance(target, ast.Name) and isinstance(value, ast.Call):
                if getattr(value.func, "id", "") == "get_kwargs" and isinstance(value.args[0], ast.Name):
                    where, node = self.package.resolve(module, value.args[0].id)
                    if isinstance(node, ast.ClassDef):
                        found.classes[target.id] = (where, node)
            elif isinstance(target, ast.Name) and (place := _subscripted(value)):
                found.fields[target.id] = place
            elif isinstance(target, ast.Subscript) and constant(target.slice) == "type":
                place = _place(target.value, found)
                if place:
                    found.read[place] = ast.unparse(value)
        return found

    def _option(self, module: Module, names: tuple[str, ...], call: ast.Call, known: Keywords) -> Option:
        said: dict[str, Any] = {"kind": "str"}
        file = module.file
        explicit = {item.arg: item.value for item in call.keywords if item.arg}
        for item in (item.value for item in call.keywords if item.arg is None):
            place = _place(item, known)
            if place is None or place[0] not in known.classes:
                continue
            where, node = known.classes[place[0]]
            owner, annotated = self.package.fields(where, node)[place[1]]
            said, file = self._said(place[1], owner, annotated), owner.file
            bounds = bounds_said(node).get(place[1], {})
            said |= {key: bound for key, bound in bounds.items() if key not in said}
            reader = known.read.get(place, "")
            if "json.loads" in reader:
                said = {"kind": "json"}
            elif ".lower()" in reader:
                said["folded"] = True
        said |= self._explicit(module, explicit)
        if "choices" in said and said["kind"] == "str":
            said["kind"] = "choice"
        return Option(names, said, file)

    def _explicit(self, module: Module, given: Mapping[str, ast.expr]) -> dict[str, Any]:
        """What a call of add_argument says itself."""
        said: dict[str, Any] = {}
        action = ast.unparse(given["action"]) if "action" in given else ""
        if "BooleanOptionalAction" in action:
            said |= {"kind": "flag", "negated": True}
        elif "store_" in action:
            said["kind"] = "flag"
        if "type" in given and (kind := ast.unparse(given["type"])) in {"int", "float", "str"}:
            said["kind"] = kind
        if "nargs" in given and constant(given["nargs"]) == "?":
            said["optional"] = True
        if "choices" in given and (values := self.package.values(module, given["choices"])):
            said["choices"] = sorted(values)
        if "deprecated" in given and constant(given["deprecated"]) is True:
            said["deprecated"] = True
        default = constant(given["default"]) if "default" in given else None
        return said | ({"default": default} if isinstance(default, int | float | str) else {})

    # Fields

    def _said(self, name: str, module: Module, node: ast.AnnAssign) -> dict[str, Any]:
        """What the annotation of a dataclass field says."""
        said = dict(self._kind(name, module, node))
        told = field_call(node.value)
        said |= told
        if "default" not in said and isinstance(value := constant(node.value), int | float | str):
            said["default"] = value
        if said.get("default") == "" or said["kind"] in {"flag", "json"}:
            said.pop("default", None)
        return said

    def _kind(self, name: str, module: Module, node: ast.AnnAssign) -> Iterator[tuple[str, Any]]:
        hints = self.package.hints(module, node.annotation)
        literals = sorted({item for item in hints if isinstance(item, tuple) and item[0] == "literal"})
        choices = sorted({value for item in literals for value in item[1]}, key=str)
        if "dataclass" in hints:
            yield "kind", "json"
        elif hints >= {"bool", "str"}:
            yield from (("kind", "str"), ("optional", True))
        elif "bool" in hints:
            yield from (("kind", "flag"), ("negated", True))
        elif choices:
            numbers = all(isinstance(item, int) for item in choices)
            # With str in its type it takes any word, such as the name of a plugin.
            free = "str" in hints
            yield "kind", "str" if free else "int" if numbers else "choice"
            yield from () if free else (("choices", choices),)
        elif hints & {"tuple", "list", "set"}:
            yield "kind", "list"
        else:
            yield from self._plain(name, hints)

    def _plain(self, name: str, hints: set[Hint]) -> Iterator[tuple[str, Any]]:
        """A field of one number, word or mapping."""
        if "int" in hints:
            reader = self.human.get(name, "")
            yield "kind", "int"
            yield from (("human", True),) if reader else ()
            yield from (("words", ["auto"]),) if reader.endswith("auto") else ()
        elif "float" in hints:
            yield "kind", "float"
        elif "dict" in hints:
            yield "kind", "str" if hints - {"dict", "none"} else "json"
        else:
            yield "kind", "str"


def _flag(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _subscripted(node: ast.AST) -> tuple[str, str] | None:
    """(variable, key) of `variable["key"]`."""
    if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name):
        key = constant(node.slice)
        return (node.value.id, key) if isinstance(key, str) else None
    return None


def _place(node: ast.expr, known: Keywords) -> tuple[str, str] | None:
    """The field whose keywords `**node` hands on, also out of `{**variable["field"], "default": None}`."""
    if isinstance(node, ast.Dict):
        inner = (value for key, value in zip(node.keys, node.values, strict=True) if key is None)
        return next((place for item in inner if (place := _place(item, known))), None)
    if isinstance(node, ast.Name):
        return known.fields.get(node.id)
    return _subscripted(node)


def _overrides(nodes: list[ast.AST]) -> Iterator[tuple[str, str]]:
    """(field, expression) of `kwargs["field"]["type"] = expression`, and of the action."""
    for item in nodes:
        if isinstance(item, ast.Assign) and isinstance(target := item.targets[0], ast.Subscript):
            place = _subscripted(target.value)
            if place and constant(target.slice) in {"type", "action"}:
                yield place[1], ast.unparse(item.value)


def _without_nargs(node: ast.AST) -> str | None:
    if isinstance(node, ast.Delete) and isinstance(target := node.targets[0], ast.Subscript):
        place = _subscripted(target.value)
        return place[1] if place and constant(target.slice) == "nargs" else None
    return None
