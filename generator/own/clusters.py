"""Own rules over clusters and over their objects: noted while clusters are compiled, asked in batches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from ..components.kit.component import Cluster
from ..documents.files import Root
from ..documents.merge import Resolved
from ..findings.finding import Finding, Path
from ..fleet.spec_files import RulesFile
from ..objects.manifest import Manifest, ResourceId, identify
from .asking import Placed, Question, Verdict, asked, items_of, placed
from .kinds import is_broken, schemas_of_kinds, types_of
from .telling import told
from .whence import makers

BATCH = 100
"""Clusters of one call: it starts in a twentieth of a second, and their objects are in memory until then."""


class Noted(NamedTuple):
    """A cluster that rules have to be asked of."""

    cluster: Cluster
    resolved: Resolved
    manifests: tuple[Manifest, ...]


class Subject(NamedTuple):
    """What one question is about: a path of the cluster's spec, or an object of it."""

    rule: Placed
    noted: Noted
    path: Path = ()
    object: ResourceId | None = None


class Asking:
    """Collects clusters, and gives what is found in them by their files."""

    def __init__(self, root: Root, files: Sequence[RulesFile]) -> None:
        self._root = root
        self._rules = [item for item in placed(files) if item.rule.over in {"cluster", "object"}]
        self._noted: list[Noted] = []
        self._found: dict[str, tuple[Finding, ...]] = {}

    def note(self, cluster: Cluster, resolved: Resolved, manifests: tuple[Manifest, ...]) -> None:
        """One cluster that was compiled; without manifests only rules over clusters are asked."""
        if self._rules:
            self._noted.append(Noted(cluster, resolved, manifests))
        if len(self._noted) == BATCH:
            self._ask()

    def findings(self) -> dict[str, tuple[Finding, ...]]:
        """What is found, by the cluster's file.

        Raises:
            ToolMissing, ToolFailed: as `asked`.
        """
        self._ask()
        return self._found

    def _ask(self) -> None:
        noted, self._noted = self._noted, []
        if not noted:
            return
        subjects: list[Subject] = []
        questions: list[Question] = []
        documents = [document_of(item.cluster) for item in noted]
        for number, item in enumerate(noted):
            for rule, one in enumerate(self._rules):
                for subject, value in _about(one, item, documents[number]):
                    subjects.append(subject)
                    questions.append(Question(rule, value, number))
        verdicts = asked(self._root, self._rules, questions, documents).verdicts
        wrong = [pair for pair in zip(subjects, verdicts, strict=True) if not pair[1].holds]
        if any(verdict.error for _, verdict in wrong):
            broken = self._broken()
            wrong = [pair for pair in wrong if pair[0].rule not in broken]
        for item in noted:
            mine = [pair for pair in wrong if pair[0].noted is item]
            self._found[item.cluster.file] = tuple(_told(item, mine))

    def _broken(self) -> list[Placed]:
        """Rules over objects that no release has the fields of: that is said once, at the rule."""
        types = types_of(self._rules, schemas_of_kinds(self._root, self._rules))
        faults = asked(self._root, self._rules, (), types=types).faults
        return [item for item, found in zip(self._rules, faults, strict=True) if is_broken(found)]


def document_of(cluster: Cluster) -> dict[str, Any]:
    """A cluster as its file would say it, were everything in it: merged, with all defaults."""
    spec = cluster.spec.model_dump(mode="json", by_alias=True, exclude_none=True)
    return {"metadata": {"name": cluster.name, "labels": dict(cluster.labels)}, "spec": spec}


def _about(rule: Placed, noted: Noted, document: dict[str, Any]) -> Iterator[tuple[Subject, Any]]:
    if rule.rule.over == "object":
        for manifest in noted.manifests:
            if manifest["kind"] in rule.rule.kinds:
                yield Subject(rule, noted, object=identify(manifest)), manifest
    elif rule.steps:
        for path, value in items_of(document, rule.steps):
            yield Subject(rule, noted, path[1:]), value
    else:
        yield Subject(rule, noted), document


def _told(noted: Noted, wrong: Iterable[tuple[Subject, Verdict]]) -> Iterator[Finding]:
    listed = list(wrong)
    objects = {subject.object for subject, _ in listed if subject.object}
    made = makers(noted.cluster, objects) if objects else {}
    for subject, verdict in listed:
        path = made.get(subject.object, ()) if subject.object else subject.path
        at = tuple(subject.rule.rule.at.split(".")) if subject.rule.rule.at else ()
        # What is no path of a spec begins elsewhere: metadata.labels of a cluster.
        if not path and at[:1] == ("spec",):
            at = at[1:]
        where = noted.resolved.where((*path, *at))
        yield told(subject.rule, verdict, where, (*path, *at), str(subject.object or ""))
