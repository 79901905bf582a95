"""What other programs say of the folders that were examined: the real kustomize, and what knows JSON Schemas."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path as File
from typing import NamedTuple

from ..errors import ToolMissing
from ..facts.schema_files import home
from ..kustomize import build as kustomize
from ..kustomize.file import NotBuildable
from ..kustomize.readback import reader
from ..kustomize.sample import sample
from ..kustomize.shape import cover
from ..objects.difference import differences
from ..objects.manifest import identify
from ..programs.record import find
from ..programs.run import Tool
from . import conformance
from .evidence import Evidence
from .meant import HUBS, Failure

Progress = Callable[[str, int, int], None]
"""Called with a check, how much of it is done, and how much there is (0: not known)."""


LARGE = 300
"""Objects of a folder that the real kustomize compares in pairs within a second."""


class Answer(NamedTuple):
    """How many things a program judged, which program did, and what it does not accept."""

    judged: int
    engine: str = ""
    failures: tuple[Failure, ...] = ()


def by_kustomize(  # noqa: PLR0913 - where, by what, what, and how much of it
    root: File, program: Tool, seen: Sequence[Evidence], *, every: bool, whole: bool, tell: Progress
) -> Answer:
    """The real kustomize beside the evaluator: on every folder, or on so many that each shape of a part is among them.

    Of a hub with more than `LARGE` objects it builds one object of each shape, unless the `whole` is asked for.

    The evaluator was held against what was meant before, so where the two agree both are right.
    """
    buildable = {one.folder: one.parts for one in seen if one.parts}
    chosen = list(buildable if every else cover(buildable))
    large = {one.folder for one in seen if one.objects > LARGE and one.folder.startswith(HUBS) and not whole}
    samples = {one: found for one in chosen if one in large and (found := _sample(root, one))}
    with tempfile.TemporaryDirectory(prefix="nearedge-") as aside:
        _put(File(aside), samples.values())
        others = [folder for folder in chosen if folder not in samples]
        failures = (
            *_built(File(aside), program, list(samples), tell),
            *_built(root, program, others, tell),
        )
    which = ", one of each shape" if samples or len(chosen) < len(seen) else ""
    return Answer(len(chosen), f"{program}{which}", failures)


def _sample(root: File, folder: str) -> Mapping[str, str] | None:
    try:
        return sample(reader(root), folder)
    except NotBuildable:
        return None


def _put(folder: File, samples: Iterable[Mapping[str, str]]) -> None:
    for files in samples:
        for path, text in files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text, "utf-8")


def _built(root: File, program: Tool, chosen: Sequence[str], tell: Progress) -> Iterator[Failure]:
    evaluate = kustomize.evaluator(reader(root))
    for i, (folder, found) in enumerate(kustomize.build(program, root, chosen)):
        tell("kustomize build", i, len(chosen))
        if isinstance(found, NotBuildable):
            yield Failure(folder, "", f"{program.name} refuses it: {found}")
            continue
        try:
            meant = evaluate(folder)
        except NotBuildable as error:
            yield Failure(folder, "", str(error))
            continue
        for identity, said in differences(meant, found):
            yield Failure(folder, str(identity), f"{said} (by {program.name})")


def by_schemas(root: File, seen: Sequence[Evidence], tell: Progress) -> Answer:
    """Every object against its schema, of the repository or of nearedge; equal ones are judged once."""
    tell("schemas", 0, 0)
    try:
        engine = conformance.kubeconform(find(root, "kubeconform"))
    except ToolMissing:
        engine = conformance.library()
    distinct = distinct_objects(seen)
    failures = tuple(
        Failure(known[misfit.text], str(identify(json.loads(misfit.text))), misfit.message)
        for sets, known in distinct.items()
        for misfit in engine.judge(home(root), sets, list(known))
    )
    number = sum(map(len, distinct.values()))
    return Answer(sum(one.objects for one in seen), f"{engine.name}, {number} distinct", failures)


def distinct_objects(seen: Sequence[Evidence]) -> dict[tuple[str, ...], dict[str, str]]:
    """By schema sets, every object as JSON once, with the first folder that has it."""
    distinct: dict[tuple[str, ...], dict[str, str]] = {}
    for one in seen:
        known = distinct.setdefault(one.schemas, {})
        for text in one.distinct:
            known.setdefault(text, one.folder)
    return distinct
