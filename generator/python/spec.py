"""Specs as Python values: a Cluster, a Group, a Model or the Fleet, from models and to YAML and back.

    said -> YAML -> read as a file of clusters/ -> said, in canonical form

A value holds what its author said and nothing else: defaults, groups and the platform come when nearedge compiles it.
What a file could not say is refused when the value is made, with findings at the lines of its YAML.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from html import escape
from pathlib import Path as File
from typing import Any, ClassVar, Self, TypeVar, Union

from ..documents.files import Document, read_file
from ..documents.validate import validated
from ..edit.fleet import SPEC_ORDER
from ..fleet.kinds import document_models
from ..fleet.spec_files import FLEET_FILE
from ..fleet.strangers import stranger
from ..intake.write import document as written
from ..specs.fleet import FleetSpec
from ..specs.model import ModelSpec
from ..yaml.strict import read_text
from .findings import Findings, WrongSpec
from .said import said

T = TypeVar("T")
Part = Union[T, Mapping[str, Any]]  # noqa: UP007 - mypy takes the other for a value
"""A section: its model, or a mapping where a group says the rest of it."""
Items = Sequence[T | Mapping[str, Any]]
"""Items of a section, likewise."""


@dataclass(frozen=True, repr=False)
class Spec:
    """One file of clusters/: its name, its labels, and what it says."""

    name: str
    _said: str
    """Its labels and what it says, as JSON: nobody can change it behind our back."""

    kind: ClassVar[str]
    folder: ClassVar[str]

    def __init__(self, name: str, spec: Any, labels: Mapping[str, str] | None = None) -> None:
        """Raises WrongSpec for what nearedge would not read."""
        self._take(_text(self.kind, name, said(spec), labels or {}))

    def _take(self, text: str) -> None:
        data = _read(self.kind, self.folder, text)
        metadata = data["metadata"]
        object.__setattr__(self, "name", metadata["name"])
        object.__setattr__(self, "_said", json.dumps([metadata.get("labels", {}), data["spec"]]))

    @property
    def labels(self) -> dict[str, str]:
        """Its labels; a copy."""
        found: dict[str, str] = json.loads(self._said)[0]
        return found

    @property
    def spec(self) -> dict[str, Any]:
        """What it says as plain data; a copy."""
        found: dict[str, Any] = json.loads(self._said)[1]
        return found

    @property
    def file(self) -> str:
        """Where its file lies in a fleet of its own; `check` finds where it lies in one that has it."""
        return f"{self.folder}{self.name}.yaml"

    @classmethod
    def from_yaml(cls, text: str) -> Self:
        """The value of a file's text; comments stay behind.

        Raises:
            WrongSpec: nearedge would not read it.
        """
        made = cls.__new__(cls)
        made._take(text)  # noqa: SLF001 - it is one of ours
        return made

    def to_yaml(self) -> str:
        """The file: what was said, and nothing else, as `nearedge import` writes specs."""
        return _text(self.kind, self.name, self.spec, self.labels)

    def check(self, root: File | str = ".", *, today: date | None = None) -> Findings:
        """What `nearedge check FILE` says with this spec in the fleet below `root`; nothing is written.

        A spec of the same kind and name stands for the fleet's own. `today` is the day that waivers are judged on.
        """
        from .check import checked  # noqa: PLC0415 - the compiler, which writing a spec does not need

        return checked(File(root), self.kind, self.name, self.to_yaml(), today)

    def __repr__(self) -> str:
        return f"<{self.kind} {self.name}>"

    def _repr_html_(self) -> str:
        return f"<b>{self.kind} {escape(self.name)}</b><pre>{escape(self.to_yaml())}</pre>"


class Model(Spec):
    """A model: `Model("flan-t5-small", ModelSpec(...))`."""

    kind = "Model"
    folder = "clusters/models/"

    def __init__(self, name: str, spec: Part[ModelSpec], *, labels: Mapping[str, str] | None = None) -> None:
        super().__init__(name, spec, labels)


class Fleet(Spec):
    """The fleet: `Fleet("acme-retail", FleetSpec(...))`."""

    kind = "Fleet"
    folder = "clusters/"

    def __init__(self, name: str, spec: Part[FleetSpec], *, labels: Mapping[str, str] | None = None) -> None:
        super().__init__(name, spec, labels)

    @property
    def file(self) -> str:
        """The one file that it has."""
        return FLEET_FILE


def _text(kind: str, name: str, spec: Any, labels: Mapping[str, str]) -> str:
    more = {"labels": dict(labels)} if labels else {}
    return written(kind, name, _ordered(kind, spec), {}, **more)


def _ordered(kind: str, spec: Any) -> Any:
    """A site begins with what it is; everything else stays in the order of its model."""
    if kind not in {"Cluster", "Group"}:
        return spec
    return {key: spec[key] for key in (*SPEC_ORDER, *spec) if key in spec}


def _read(kind: str, folder: str, text: str) -> dict[str, Any]:
    """What a file says, in canonical form.

    Raises:
        WrongSpec: it is none of this kind.
    """
    file = f"{folder}{_name(text)}.yaml"
    document, findings = read_file({file: text.encode("utf-8", "surrogatepass")}, file)
    if document is None or findings:
        raise WrongSpec(findings)
    if strange := stranger(document, kind):
        raise WrongSpec((strange,))
    model, wrong = validated(document_models()[kind], document.data, _place(document))
    if model is None:
        raise WrongSpec(wrong)
    found: dict[str, Any] = said(model)
    return found


def _name(text: str) -> str:
    data, _ = read_text(text)
    metadata = data.get("metadata") if isinstance(data, dict) else None
    name = metadata.get("name") if isinstance(metadata, dict) else None
    return name if isinstance(name, str) else "spec"


def _place(document: Document) -> Any:
    return lambda path, key: document.where(path, key=key)
