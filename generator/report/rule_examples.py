"""Examples of rules: for each code a mistake that trips it, and its remedy.

Examples are data, `data/examples/<family>.yaml`, code by code: what they change in the small fleet of base.yaml
beside it, merged as the layers of a spec are; before and after, for what a change may not take away; or the text
of a file, for what the reader refuses.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path as Place
from typing import Any

from ..components.kit.component import Cluster
from ..documents.files import Document
from ..documents.merge import Resolved, merge
from ..documents.secrets.search import secrets_in
from ..documents.validate import validated
from ..facts.files import PACKAGE, shipped_data
from ..findings.finding import Finding, Where
from ..fleet.cluster import cluster_of
from ..fleet.fleet import Fleet
from ..fleet.folders import Folders
from ..fleet.kinds import document_models
from ..fleet.member import member_of
from ..fleet.spec_files import FLEET_FILE, RulesFile, Shared
from ..own.clusters import Asking
from ..own.shared import findings_of_shared
from ..rules.run import check_cluster, findings_of, fleet_rules
from ..specs.types import API_VERSION
from ..yaml.strict import read_text
from ..yaml.writer import to_yaml


@dataclass(frozen=True)
class Example:
    """A mistake and its remedy, as parts of a spec or as text; and what the rule finds in the mistake, when asked."""

    code: str
    wrong: Any
    right: Any

    @cached_property
    def found(self) -> tuple[Finding, ...]:
        """What the rule finds in the mistake."""
        return tuple(item for item in found_in(self.wrong) if item.code == self.code)

    @property
    def says(self) -> tuple[str, ...]:
        """What the rule says of the mistake."""
        return tuple(item.message for item in self.found)


def example(code: str) -> Example | None:
    """The example of a rule; None when there is none."""
    parts = _examples(re.sub(r"[0-9]+$", "", code)).get(code)
    return None if parts is None else Example(code, parts["wrong"], parts["right"])


def found_in(part: Any) -> tuple[Finding, ...]:
    """All findings of an example: of the text that it is, or of the small fleet that it changes."""
    if isinstance(part, dict) and part.keys() == {"before", "after"}:
        return tuple(_removed(part["before"], part["after"]))
    if isinstance(part, str):
        data, faults = read_text(part)
        return tuple(
            Finding(Where("example.yaml", fault.line, fault.column), fault.rule.severity, fault.rule.code, fault.message)
            for fault in (*faults, *secrets_in(part, data))
        )  # fmt: skip
    return tuple(_found(_case(part)))


def clusters_in(part: Any) -> Iterator[tuple[Cluster | None, Resolved, tuple[Finding, ...]]]:
    """The clusters of an example that changes the small fleet, as its specs give them."""
    case = _case(part)
    shared, _ = _shared(case)
    return _clusters(case, shared) if shared else iter(())


def _removed(before: dict[str, Any], after: dict[str, Any]) -> Iterator[Finding]:
    """What a change of the small fleet is refused for; `removals` are what clusters/removals.yaml names."""
    from ..plan.rails import refused  # noqa: PLC0415 - compiles, and most examples do not
    from ..plan.sides import between  # noqa: PLC0415

    was, now = _files(before), _files(after)
    sides = between(was, now)
    yield from sides.judged.findings
    yield from refused(now, sides)


def _files(part: dict[str, Any]) -> dict[str, bytes]:
    """The small fleet with a part changed, as files."""
    case = _case({key: value for key, value in part.items() if key != "removals"})
    documents = [_document("Fleet", "example", case["fleet"])]
    documents += [_document("Group", name, spec) for name, spec in case["groups"].items()]
    documents += [_document("Model", name, spec) for name, spec in case["models"].items()]
    documents += [_site(name, said) for name, said in case["clusters"].items()]
    if "removals" in part:
        documents.append(_document("Removals", "removals", part["removals"]))
    return {item.file: item.text.encode() for item in documents}


def _site(name: str, said: dict[str, Any]) -> Document:
    spec = {key: value for key, value in said.items() if key != "labels"}
    return _document("Cluster", name, spec, said.get("tier", ""), said.get("labels", {}))


def _case(part: dict[str, Any]) -> dict[str, Any]:
    own = {"clusters": {"edge-1": part["cluster"]}} if "cluster" in part else {}
    rest = {key: value for key, value in part.items() if key != "cluster"}
    case: dict[str, Any] = _without_null(merge(merge(_examples("base"), rest), own))
    return case


def _without_null(data: Any) -> Any:
    """What an example takes away it says with null."""
    if isinstance(data, dict):
        return {key: _without_null(item) for key, item in data.items() if item is not None}
    return [_without_null(item) for item in data] if isinstance(data, list) else data


def _found(case: dict[str, Any]) -> Iterator[Finding]:
    shared, findings = _shared(case)
    yield from findings
    members = []
    own = Asking(Place(), shared.rules) if shared and shared.rules else None
    for cluster, resolved, found in _clusters(case, shared) if shared else ():
        yield from found
        if cluster is not None:
            yield from check_cluster(cluster, resolved)
            if own:
                own.note(cluster, resolved, ())
            members.append(member_of(cluster))
    if shared and len(members) == len(case["clusters"]):
        fleet = Fleet("example", shared.fleet, tuple(sorted(members, key=lambda member: member.name)))
        for item, _, view in fleet_rules(fleet):
            yield from findings_of(item, view, lambda _: Where(FLEET_FILE, 1, 1))
    if shared and own:
        yield from findings_of_shared(Place(), shared)
        for told in own.findings().values():
            yield from told


def _clusters(
    case: dict[str, Any], shared: Shared
) -> Iterator[tuple[Cluster | None, Resolved, tuple[Finding, ...]]]:
    for name, said in case["clusters"].items():
        yield cluster_of(shared, _site(name, said), {})


def _shared(case: dict[str, Any]) -> tuple[Shared | None, tuple[Finding, ...]]:
    """Fleet, groups and models of an example, validated as those of a repository."""
    findings: list[Finding] = []

    def model(document: Document, kind: str) -> Any:
        found, wrong = validated(
            document_models()[kind], document.data, lambda path, key: document.where(path, key=key)
        )
        findings.extend(wrong)
        return found

    fleet = _document("Fleet", "example", case["fleet"])
    groups = {name: _document("Group", name, spec) for name, spec in case["groups"].items()}
    models = {name: _document("Model", name, spec) for name, spec in case["models"].items()}
    parsed = model(fleet, "Fleet")
    for item in groups.values():
        model(item, "Group")
    known = {name: model(item, "Model") for name, item in models.items()}
    if findings:
        return None, tuple(findings)
    specs = {name: item.spec for name, item in known.items()}
    rules = tuple(_rules(case, model))
    beside = Folders({path: text.encode() for path, text in case.get("files", {}).items()})
    shared = Shared(parsed.spec, "example", fleet, groups, specs, rules=rules, folders=beside)
    return (None if findings else shared), tuple(findings)


def _rules(case: dict[str, Any], model: Callable[[Document, str], Any]) -> Iterator[RulesFile]:
    if "rules" in case:
        document = _document("Rules", "own", {"rules": case["rules"]})
        found = model(document, "Rules")
        if found is not None:
            yield RulesFile(document, found.spec.rules)


def _document(kind: str, name: str, spec: Any, tier: str = "", labels: Any = None) -> Document:
    folder = {"Fleet": "", "Removals": "", "Group": "groups/", "Model": "models/", "Rules": "rules/"}.get(
        kind, f"{tier}/"
    )
    file = FLEET_FILE if kind == "Fleet" else f"clusters/{folder}{name}.yaml"
    metadata = {"name": name, **({"labels": labels} if labels else {})}
    data = {"apiVersion": API_VERSION, "kind": kind, "metadata": metadata, "spec": spec}
    return Document(file, to_yaml(data), data)


@cache
def _examples(name: str) -> dict[str, Any]:
    """One file of data/examples/; nothing when there is none."""
    path = f"data/examples/{name.lower()}.yaml"
    return dict(shipped_data(path)) if (PACKAGE / path).is_file() else {}
