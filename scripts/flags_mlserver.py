"""MLServer's settings as environment variables, read from mlserver/settings.py by syntax alone."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from scripts.flags_vllm import Option
from scripts.syntax import Module, Package, constant

MODULE = "mlserver.settings"
SETTINGS = ("Settings", "ModelSettings", "ModelParameters", "CORSSettings")


def options(root: Path) -> Iterator[Option]:
    """Every setting of one release, unpacked below `root`, by the name of its variable."""
    package = Package(root)
    module = package.module(MODULE)
    for name in SETTINGS:
        node = module.node(name)
        assert isinstance(node, ast.ClassDef)  # noqa: S101
        prefix = _prefix(module, node)
        for field, (where, annotated) in package.fields(module, node).items():
            if field != "model_config":
                said = _said(package.hints(where, annotated.annotation), annotated)
                for alias in _aliases(annotated) or (f"{prefix}{field}".upper(),):
                    yield Option((alias,), said, where.file)


def _prefix(module: Module, node: ast.ClassDef) -> str:
    """The env_prefix of a class, in words of its module."""
    for item in ast.walk(node):
        if isinstance(item, ast.keyword) and item.arg == "env_prefix":
            named = module.node(item.value.id) if isinstance(item.value, ast.Name) else item.value
            return str(constant(named))
    return ""


def _aliases(node: ast.AnnAssign) -> tuple[str, ...]:
    """Names that stand instead of the field's own: the last of AliasChoices is the variable."""
    if not isinstance(node.value, ast.Call):
        return ()
    for item in ast.walk(node.value):
        if isinstance(item, ast.Call) and ast.unparse(item.func) == "AliasChoices":
            named = [str(constant(one)) for one in item.args]
            return tuple(name for name in named if name.startswith("MLSERVER_"))
    return ()


def _said(hints: set[Any], node: ast.AnnAssign) -> dict[str, Any]:
    kinds = ("bool", "int", "float", "list", "dict")
    found = next((kind for kind in kinds if kind in hints), "str")
    kind = {"list": "json", "dict": "json", "bool": "bool"}.get(found, found)
    if kind == "json" and "str" in hints:
        kind = "str"
    default = constant(node.value)
    told = {"default": default} if kind in {"int", "float"} and isinstance(default, int | float) else {}
    return {"kind": kind, **told}
