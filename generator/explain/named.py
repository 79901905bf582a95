"""What somebody asks to be explained: a path of a cluster, group, model or the fleet, or a line of one of their files."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path as File

from ..documents.files import find_specs, read_file
from ..documents.paths import located, value_at
from ..fleet.spec_files import FLEET_FILE, kind_of, stem
from .fleet import explain_fleet, fleet_path
from .line import SpecLine, path_in_spec, place_in_spec
from .reach import with_lines
from .subject import CannotExplainError, subject_of
from .value import Explanation, explain_path, explanation_in_model

FLEET = "fleet"
"""What the fleet is called by who asks; its own name will do as well."""


def explain_named(root: File, name: str, text: str) -> Explanation:
    """A path below the `spec` of a cluster, or of a group, model or the fleet, in the first cluster that uses it.

    `name` is that of a thing or the path of its file; a cluster has precedence where several have one name.
    """
    files, _ = find_specs(root)
    by_name = {stem(file): file for file in files if kind_of(file) in {"Group", "Model"}}
    shared = {**by_name, **{file: file for file in by_name.values()}}
    clusters = {stem(file): file for file in files if kind_of(file) == "Cluster"}
    if name not in clusters and name not in shared and _is_fleet(root, name):
        shared[name] = FLEET_FILE
    if name not in shared or name in clusters:
        return explain_path(root, name, text)
    document, _ = read_file(root, shared[name])
    if document is None:
        raise CannotExplainError(f"{shared[name]} cannot be read: nearedge check says why")
    if document.file == FLEET_FILE:
        return _explained(root, FLEET_FILE, place_in_spec(root, document, fleet_path(document, text)))
    path, left = located(document.data["spec"], text.removeprefix("spec."))
    if left:
        raise CannotExplainError(f"{document.file} does not say {text}")
    return _explained(root, document.file, place_in_spec(root, document, ("spec", *path)))


def _is_fleet(root: File, name: str) -> bool:
    if name in {FLEET, FLEET_FILE}:
        return True
    document, _ = read_file(root, FLEET_FILE)
    return document is not None and value_at(document.data, ("metadata", "name")) == name


def explain_line(root: File, file: str, line: int) -> Explanation:
    """The value that a line of a spec says, in the first cluster that uses it."""
    return _explained(root, file, path_in_spec(root, file, line))


def _explained(root: File, file: str, place: SpecLine) -> Explanation:
    if file == FLEET_FILE and place.inside is not None:
        return explain_fleet(root, place.inside)
    if place.inside is None:
        found = explain_path(root, place.users[0], place.path)
    else:
        found = explanation_in_model(subject_of(root, place.users[0]), file, place.inside)
        found = replace(found, reaches=with_lines(root, place.users[0], found.reaches))
    return replace(found, users=tuple(map(stem, place.users)))
