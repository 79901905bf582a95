"""The programs: where each is, which version, and whether it does its work when it is asked to."""

from __future__ import annotations

import platform
import sys
import tempfile
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path as File

from .. import __version__
from ..errors import ToolFailed, ToolMissing
from ..facts.files import PACKAGE
from ..kustomize.build import build
from ..kustomize.file import FILE, NotBuildable
from ..programs.record import find
from ..programs.run import Tool, run
from ..programs.ways import Way, way
from .item import Item, State

EXTRAS = {"lsp": "pygls", "mcp": "mcp", "ray": "ray"}
"""Extra of the package -> the module that it brings (pyproject.toml)."""
_PROBE = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: probe}\n"


def python() -> Iterator[Item]:
    """Python, nearedge itself and the extras that were asked for."""
    found = platform.python_version()
    yield Item("python", State.OK, f"{found}, {sys.executable}", version=found, path=sys.executable)
    came = way(PACKAGE)
    said = f"{__version__}, {PACKAGE} ({'a checkout' if came is Way.CHECKOUT else f'by {came}'})"
    yield Item("nearedge", State.OK, said, version=__version__, path=str(PACKAGE))
    there = [extra for extra, module in EXTRAS.items() if find_spec(module) is not None]
    yield Item("extras", State.OK, ", ".join(there) or "none; lsp, mcp and ray can be asked for")


def kustomize(root: File) -> Item:
    """The one that no proof can do without: it has to build something."""
    try:
        tool = find(root, "kustomize")
    except ToolMissing as error:
        return Item("kustomize", State.MISSING, "not found: no proof without it", error.hint)
    try:
        fault = _fault(tool)
    except ToolFailed as error:
        fault = str(error)
    if fault:
        todo = "replace it, or have another one before it on PATH"
        return Item("kustomize", State.MISSING, f"does not build: {fault}", todo, tool.version, tool.path)
    return _found(tool)


def _fault(tool: Tool) -> str:
    """What keeps it from building the smallest folder; nothing where it does."""
    with tempfile.TemporaryDirectory(prefix="nearedge-") as folder:
        (File(folder) / FILE).write_text("resources: [probe.yaml]\n", "utf-8")
        (File(folder) / "probe.yaml").write_text(_PROBE, "utf-8")
        ((_, made),) = build(tool, File(folder), ["."])
    return str(made) if isinstance(made, NotBuildable) else ""


def kubeconform(root: File) -> Item:
    """Without it a library holds objects against the same schemas."""
    try:
        tool = find(root, "kubeconform")
    except ToolMissing as error:
        library = _library("jsonschema-rs")
        if not library:
            todo = f"{error.hint}; or pip install jsonschema-rs"
            return Item("kubeconform", State.MISSING, "not found, and no library either", todo)
        said = f"not found: jsonschema-rs {library} judges the schemas instead"
        return Item("kubeconform", State.NOTE, said, error.hint)
    return _found(tool)


def cel(root: File, *, wanted: bool) -> Item:
    """Without it CEL rules of CRDs are asked by nobody; a fleet with rules of its own (`wanted`) does not compile."""
    try:
        tool = find(root, "nearedge-cel")
        run(tool, ("own",), stdin='{"types":{},"cluster":"","rules":[],"clusters":[],"subjects":[]}')
    except ToolMissing as error:
        if wanted:
            said = "not found: the fleet's own rules in clusters/rules/ cannot be asked"
            return Item("nearedge-cel", State.MISSING, said, error.hint)
        said = "not found: nobody asks the CEL rules of CRDs"
        return Item("nearedge-cel", State.NOTE, said, error.hint)
    except ToolFailed as error:
        return Item("nearedge-cel", State.MISSING, str(error), "build it anew", tool.version, tool.path)
    return _found(tool)


def git(root: File) -> Item:
    """Without it specs compile and are proven, but nothing is compared, published or rolled out."""
    try:
        tool = find(root, "git")
        told = run(tool, ("--version",)).stdout.strip().removeprefix("git version ")
    except ToolMissing as error:
        said = "not found: plan, publish, rollout and check --base need it"
        return Item("git", State.NOTE, said, error.hint)
    except ToolFailed as error:
        return Item(
            "git", State.NOTE, str(error), "replace it: plan, publish, rollout and check --base need it"
        )
    return Item("git", State.OK, f"{told}, {tool.path}", version=told, path=tool.path)


def _found(tool: Tool) -> Item:
    inside = f" inside {tool.kind}" if tool.kind != tool.name else ""
    said = f"{tool.version}{inside}, {tool.path}"
    if not tool.pinned:
        return Item(tool.name, State.OK, f"{said} (pinned)", version=tool.version, path=tool.path)
    said += f" (another than the pinned {tool.pinned})"
    return Item(tool.name, State.OK, said, version=tool.version, path=tool.path)


def _library(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""
