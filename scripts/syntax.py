"""Python packages read by their syntax: names followed over imports, annotations, fields and their bounds."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

BUILTIN = frozenset({"bool", "int", "float", "str", "dict", "list", "tuple", "set"})
_WRAPPERS = frozenset({"Annotated", "SkipValidation", "Optional", "Union"})
_SPELLED = {"Dict": "dict", "List": "list", "Tuple": "tuple", "Set": "set", "Sequence": "list"}
_BOUNDS = {"gt": "above", "ge": "least", "lt": "below", "le": "most"}
_REFUSED = {ast.Gt: "most", ast.GtE: "below", ast.Lt: "least", ast.LtE: "above"}
"""`if self.x > 1: raise` lets 1 through: the bound that stays when the comparison raises."""

Hint = str | tuple[str, tuple[Any, ...]]


@dataclass(frozen=True)
class Module:
    """A module's file below the package's root, and what it defines."""

    name: str
    file: str
    tree: ast.Module
    is_package: bool

    @cached_property
    def defined(self) -> dict[str, ast.AST]:
        """Name -> its class, function, assignment or import; of both arms of `if TYPE_CHECKING` the one that runs."""
        found: dict[str, ast.AST] = {}
        for statement in _running(self.tree.body):
            if isinstance(statement, ast.ClassDef | ast.FunctionDef):
                found[statement.name] = statement
            elif isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
                found[statement.targets[0].id] = statement.value
            elif isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
                found[statement.target.id] = statement.value or statement
            elif isinstance(statement, ast.ImportFrom):
                found |= {alias.asname or alias.name: statement for alias in statement.names}
        return found

    def node(self, name: str) -> ast.AST:
        """What a name stands for in this module."""
        return self.defined[name]


def _running(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    for statement in body:
        if isinstance(statement, ast.If):
            typing = "TYPE_CHECKING" in ast.unparse(statement.test)
            yield from _running(statement.orelse if typing else [*statement.body, *statement.orelse])
        elif isinstance(statement, ast.Try):
            yield from _running(statement.body)
        else:
            yield statement


class Package:
    """Modules below a folder, each parsed once."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._modules: dict[str, Module] = {}

    @property
    def read(self) -> tuple[str, ...]:
        """Files that were parsed so far."""
        return tuple(sorted(module.file for module in self._modules.values()))

    def module(self, name: str) -> Module:
        """A module by its dotted name; FileNotFoundError where there is none."""
        if name not in self._modules:
            path = self.root / name.replace(".", "/")
            package = (path / "__init__.py").is_file()
            file = path / "__init__.py" if package else path.with_suffix(".py")
            tree = ast.parse(file.read_text("utf-8"))
            self._modules[name] = Module(name, file.relative_to(self.root).as_posix(), tree, package)
        return self._modules[name]

    def resolve(self, module: Module, name: str) -> tuple[Module, ast.AST | None]:
        """Where a name is really defined, imports followed; None outside of the package."""
        found = module.defined.get(name)
        if not isinstance(found, ast.ImportFrom):
            return module, found
        base = module.name.split(".") if module.is_package else module.name.split(".")[:-1]
        parts = base[: len(base) - found.level + 1] if found.level else []
        target = ".".join([*parts, *([found.module] if found.module else [])])
        real = next((item.name for item in found.names if (item.asname or item.name) == name), name)
        try:
            return self.resolve(self.module(target), real)
        except (FileNotFoundError, NotADirectoryError):
            return module, None

    def line(self, module: Module, node: ast.ClassDef) -> Iterator[tuple[Module, ast.ClassDef]]:
        """A class after those it is made from."""
        for base in node.bases:
            if isinstance(base, ast.Name):
                where, found = self.resolve(module, base.id)
                if isinstance(found, ast.ClassDef):
                    yield from self.line(where, found)
        yield module, node

    def fields(self, module: Module, node: ast.ClassDef) -> dict[str, tuple[Module, ast.AnnAssign]]:
        """Fields of a dataclass or pydantic model, inherited ones as well."""
        return {
            item.target.id: (where, item)
            for where, one in self.line(module, node)
            for item in one.body
            if isinstance(item, ast.AnnAssign)
            and isinstance(item.target, ast.Name)
            and "ClassVar" not in ast.unparse(item.annotation)
            and not item.target.id.startswith("_")
        }

    def hints(self, module: Module, node: ast.expr) -> set[Hint]:
        """What an annotation allows: names of built-in types, "none", "dataclass", "other", ("literal", values)."""
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            return self.hints(module, ast.parse(node.value, mode="eval").body)
        if isinstance(node, ast.Constant):
            return {"none"} if node.value is None else {"other"}
        if isinstance(node, ast.BinOp):
            return self.hints(module, node.left) | self.hints(module, node.right)
        if isinstance(node, ast.Subscript):
            return self._subscript(module, node)
        if isinstance(node, ast.Name):
            return self._name(module, node.id)
        return {"other"}

    def _subscript(self, module: Module, node: ast.Subscript) -> set[Hint]:
        name = ast.unparse(node.value).rpartition(".")[2]
        inner = list(node.slice.elts) if isinstance(node.slice, ast.Tuple) else [node.slice]
        if name == "Literal":
            return {("literal", tuple(value for item in inner for value in self._literal(module, item)))}
        if name in {"Annotated", "SkipValidation"}:
            return self.hints(module, inner[0])
        if name in _WRAPPERS:
            found: set[Hint] = {"none"} if name == "Optional" else set()
            return found.union(*(self.hints(module, item) for item in inner))
        return {_SPELLED.get(name, name)} if _SPELLED.get(name, name) in BUILTIN else {"other"}

    def _literal(self, module: Module, node: ast.expr) -> Iterator[Any]:
        """Values of one member of a Literal, which may be the name of another Literal."""
        if isinstance(node, ast.Name):
            for hint in self._name(module, node.id):
                yield from hint[1] if isinstance(hint, tuple) else ()
        else:
            yield ast.literal_eval(node)

    def _name(self, module: Module, name: str) -> set[Hint]:
        if _SPELLED.get(name, name) in BUILTIN:
            return {_SPELLED.get(name, name)}
        where, found = self.resolve(module, name)
        if isinstance(found, ast.ClassDef):
            marks = {ast.unparse(item).partition("(")[0] for item in found.decorator_list}
            return {"dataclass"} if marks & {"config", "dataclass"} else {"other"}
        return self.hints(where, found) if isinstance(found, ast.expr) else {"other"}

    def values(self, module: Module, node: ast.expr) -> list[str]:
        """The words of a list that is written out, or of all members of an enum; none for what is made at run time."""
        if isinstance(node, ast.List | ast.Tuple):
            return [str(item.value) for item in node.elts if isinstance(item, ast.Constant)]
        if isinstance(node, ast.ListComp) and isinstance(node.generators[0].iter, ast.Name):
            _, found = self.resolve(module, node.generators[0].iter.id)
            if isinstance(found, ast.ClassDef):
                members = (item.value for item in found.body if isinstance(item, ast.Assign))
                return [str(item.value) for item in members if isinstance(item, ast.Constant)]
        return []


def constant(node: ast.AST | None) -> Any:
    """The value of a constant, also a negative one; None for anything else."""
    try:
        return ast.literal_eval(node) if isinstance(node, ast.expr) else None
    except ValueError:
        return None


def field_call(node: ast.expr | None) -> dict[str, Any]:
    """Default and bounds of `Field(default=1, gt=0)` or `field(default=1)`."""
    if not isinstance(node, ast.Call) or ast.unparse(node.func) not in {"Field", "field"}:
        return {}
    told = {item.arg: constant(item.value) for item in node.keywords if item.arg}
    bounds = {ours: told[theirs] for theirs, ours in _BOUNDS.items() if told.get(theirs) is not None}
    default = told.get("default")
    return {**bounds, **({"default": default} if isinstance(default, int | float | str) else {})}


def bounds_said(node: ast.ClassDef) -> dict[str, dict[str, Any]]:
    """Field -> bounds that the class's own code always holds it to: comparisons with a number that raise."""
    found: dict[str, dict[str, Any]] = {}
    for method in (item for item in node.body if isinstance(item, ast.FunctionDef)):
        if not _validates(method):
            continue
        for test in (item for item in method.body if isinstance(item, ast.If)):
            for field, bound, limit in _refused(test):
                found.setdefault(field, {})[bound] = limit
    return found


def _validates(method: ast.FunctionDef) -> bool:
    marks = " ".join(ast.unparse(item) for item in method.decorator_list)
    return "validator" in marks or method.name == "__post_init__"


def _refused(test: ast.If) -> Iterator[tuple[str, str, int | float]]:
    """(field, bound, number) of `if self.field > number: raise`, also of several such joined by `or`."""
    if not any(isinstance(item, ast.Raise) for item in test.body):
        return
    either = isinstance(test.test, ast.BoolOp) and isinstance(test.test.op, ast.Or)
    for one in test.test.values if isinstance(test.test, ast.BoolOp) and either else [test.test]:
        if not isinstance(one, ast.Compare) or len(one.ops) != 1 or not isinstance(one.left, ast.Attribute):
            continue
        limit, bound = constant(one.comparators[0]), _REFUSED.get(type(one.ops[0]))
        if ast.unparse(one.left.value) == "self" and bound and isinstance(limit, int | float):
            yield one.left.attr, bound, limit
