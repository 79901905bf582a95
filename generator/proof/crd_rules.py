"""The CEL rules that CRDs hold (x-kubernetes-validations), asked offline of every object that is new to this run.

nearedge-cel (cel/program) is the API server's own validator with its defaults and cost budget. There is no older object,
so rules about changes (oldSelf) are not asked: what a change may not do says `nearedge plan`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path as File

from ..cel.engine import judged
from ..errors import ToolMissing
from ..facts.schema_files import home, kind_of, load_schema, schema_paths
from ..objects.manifest import identify
from ..programs.record import find
from .evidence import Evidence
from .meant import Failure
from .outside import Answer, Progress, distinct_objects

RULES = '"x-kubernetes-validations"'
_API_VERSION = re.compile(r'\{"apiVersion":"([^"]+)"')
SIZE = 2000
"""Objects of one call: what is asked of a large fleet is not held in memory twice."""


def by_crd_rules(root: File, seen: Sequence[Evidence], tell: Progress) -> Answer:
    """Every distinct object whose kind has rules; how many objects there were, and by what they were judged.

    Raises:
        ToolFailed: the program does not start or does not end.
    """
    tell("CEL rules", 0, 0)
    asked = list(_ruled(home(root), distinct_objects(seen)))
    if not asked:
        return Answer(0)
    kinds = len({path.name for path, _, _ in asked})
    try:
        tool = find(root, "nearedge-cel")
    except ToolMissing as missing:
        return Answer(0, f"nobody: {len(asked)} objects have such rules, and {missing}")
    failures = []
    for start in range(0, len(asked), SIZE):
        part = asked[start : start + SIZE]
        schemas = list(dict.fromkeys(path for path, _, _ in part))
        numbers = {path: i for i, path in enumerate(schemas)}
        answer = judged(tool, schemas, [(numbers[path], text) for path, text, _ in part])
        for (_, text, folder), misfits in zip(part, answer.objects, strict=True):
            who = str(identify(json.loads(text)))
            failures += [Failure(folder, who, f"{misfit} (a CEL rule of its CRD)") for misfit in misfits]
    crds = "1 CRD" if kinds == 1 else f"{kinds} CRDs"
    return Answer(len(asked), f"{tool} (the API server's code), rules of {crds}", tuple(failures))


def _ruled(
    place: File, distinct: Mapping[tuple[str, ...], Mapping[str, str]]
) -> Iterator[tuple[File, str, str]]:
    """(schema, object as JSON, folder) of the objects whose schema holds rules, each once."""
    met: set[tuple[File, str]] = set()
    for sets, known in distinct.items():
        files = _with_rules(place, sets)
        for text, folder in known.items():
            # Most objects are of kinds without rules: canonical JSON begins with what tells it.
            begins = _API_VERSION.match(text)
            if begins is None or begins[1] not in files:
                continue
            path = files[begins[1]].get(json.loads(text)["kind"])
            if path is not None and (path, text) not in met:
                met.add((path, text))
                yield path, text, folder


def _with_rules(place: File, sets: Sequence[str]) -> dict[str, dict[str, File]]:
    """apiVersion -> kind -> the schema that judges it, of those that hold rules."""
    found: dict[str, dict[str, File]] = {}
    for path in schema_paths(place, sets):
        if RULES in path.read_text("utf-8"):
            kind = kind_of(load_schema(path))
            found.setdefault(kind.apiVersion, {})[kind.kind] = path
    return found
