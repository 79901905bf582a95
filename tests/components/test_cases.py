"""Case folders: tests/cases/<component>/<case>/spec.yaml beside expected.yaml or findings.txt.

expected.yaml holds the final manifests of that component; findings.txt what its rules say. `make golden`
rewrites both; a reviewer reads them.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path as File

import pytest

from generator.components.discovery import discover
from generator.components.kit.component import Cluster
from generator.documents.paths import dotted
from generator.findings.finding import Severity
from generator.objects.manifest import Manifest
from generator.rules.load import cluster_rules
from generator.yaml.writer import to_documents
from tests.conftest import CASES, build, read_case

COMPONENTS = {component.key: component for component in discover()}
FOUND = sorted(path.parent for key in COMPONENTS for path in CASES.glob(f"{key}/*/spec.yaml"))


def test_every_component_has_cases() -> None:
    assert {path.parent.name for path in FOUND} == set(COMPONENTS)


@pytest.mark.parametrize("case", FOUND, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_case(case: File, *, update_golden: bool) -> None:
    cluster, _, findings = build(read_case(case / "spec.yaml"))
    said = [f"{item.code} {item.severity} {item.where}: {item.message}" for item in findings]
    if cluster is not None:
        said += list(rule_findings(cluster, case.parent.name))
    errors = [line for line in said if f" {Severity.ERROR} " in line]
    manifests: tuple[Manifest, ...] = ()
    if cluster is not None and not errors:
        units = COMPONENTS[case.parent.name].units(cluster)
        manifests = tuple(manifest for unit in units for manifest in unit.final)
    # Of a case with errors as well: nothing is left of a time when it had none.
    compare(case / "expected.yaml", to_documents(manifests) if manifests else "", update=update_golden)
    compare(case / "findings.txt", "".join(f"{line}\n" for line in said), update=update_golden)


def rule_findings(cluster: Cluster, component: str) -> Iterator[str]:
    """What the rules of a component say, by spec path instead of line: other components have cases of their own."""
    sized = ".components.amount_checks"
    more = {
        "configMaps": (".components.config_maps",),
        "hardwareProfiles": (".components.platform", sized),
        "kueue": (sized,),
        "models": (".components.source_checks", ".components.volume_checks"),
        "namespaces": (sized,),
        "priorityClasses": (".components.priority_classes",),
        "ray": (sized, ".components.produce_checks"),
        "serving": (".components.runtimes", sized),
        "training": (".components.produce_checks",),
    }
    places = (f".components.{component}", *more.get(component, ()))
    for rule in cluster_rules():
        assert rule.check is not None
        if any(place in rule.check.__module__ for place in places):
            for problem in rule.check(cluster):
                yield f"{rule.code} {rule.severity} {dotted(problem.path)}: {problem.message}"


def compare(path: File, text: str, *, update: bool) -> None:
    """The file holds the text; with `update` it does afterwards. No text means no file."""
    if update:
        path.unlink(missing_ok=True)
        if text:
            path.write_text(text, encoding="utf-8")
    assert (path.read_text(encoding="utf-8") if path.exists() else "") == text, (
        f"make golden rewrites {path.name}"
    )
