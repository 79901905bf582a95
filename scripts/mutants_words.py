"""Words of queues and Ray workloads that nobody can mean, for `make mutants`: each is put into an item as a line of its own.

And the rules of a fleet's own that some mistakes are caught by alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from generator.documents.files import Document
from generator.findings.finding import Path

QUEUES: Path = ("spec", "kueue", "queues")

OWN_KIND = "only an own rule"
"""Kind of a mistake that OWN_RULES find and nothing else."""

WORDS: Mapping[Path, Mapping[str, str]] = {
    QUEUES: {
        "words at odds": "preemption: {borrowWithinCohort: {policy: LowerPriority}}",
        "word of another release": "flavorFungibility: {whenCanBorrow: Borrow}",
        "word without effect": "fairSharing: {weight: '2'}",
        "check that is not there": "admissionChecks: [{name: budget}]",
        "queue that stays stopped": "stopPolicy: Hold",
        f"{OWN_KIND} of objects": "queueingStrategy: StrictFIFO",
    },
    ("spec", "ray", "clusters"): {"label of a controller": "labels: {ray.io/cluster: other}"},
    ("spec", "ray", "jobs"): {"label of a controller": "labels: {kueue.x-k8s.io/queue-name: other}"},
    ("spec", "ray", "services"): {"label of a controller": "annotations: {argocd.argoproj.io/hook: Sync}"},
}
"""Section -> kind of mistake -> the line."""

OWN_ZONE = " Europe/Berlin"
OTHER_ZONE = " Europe/Paris"
OWN_RULES = f"""\
apiVersion: nearedge/v1alpha1
kind: Rules
metadata: {{name: mutants}}
spec:
  rules:
    - code: MUTANT-001
      over: cluster
      at: spec.connectivity.maintenanceWindow
      rule: "!has(self.spec.connectivity) || !has(self.spec.connectivity.maintenanceWindow) || self.spec.connectivity.maintenanceWindow.endsWith('{OWN_ZONE}')"
      message: windows are in the time of the house
      examples:
        pass: [{{self: {{spec: {{connectivity: {{maintenanceWindow: "daily 01:00-05:00{OWN_ZONE}"}}}}}}}}]
        fail: [{{self: {{spec: {{connectivity: {{maintenanceWindow: "daily 01:00-05:00{OTHER_ZONE}"}}}}}}}}]
    - code: MUTANT-002
      over: object
      kinds: [ClusterQueue]
      at: queueingStrategy
      rule: self.spec.queueingStrategy == 'BestEffortFIFO'
      message: nobody waits behind another
      examples:
        pass: [{{self: {{spec: {{queueingStrategy: BestEffortFIFO}}}}}}]
        fail: [{{self: {{spec: {{queueingStrategy: StrictFIFO}}}}}}]
"""


class Inserted(NamedTuple):
    """A line that somebody wrote into an item: its kind, the row (0-based) that it comes behind, and its text."""

    kind: str
    behind: int
    text: str


def inserted(document: Document) -> Iterator[Inserted]:
    """Every word for every item that stands on lines of its own and does not say it already."""
    lines = document.text.split("\n")
    for section, words in WORDS.items():
        for i, item in enumerate(_at(document.data, section)):
            where = document.where((*section, i))
            row = lines[where.line - 1]
            if not isinstance(item, dict) or not row.strip().startswith("- name:"):
                continue
            indent = " " * (len(row) - len(row.lstrip()) + 2)
            for kind, text in words.items():
                if text.partition(":")[0] not in item:
                    yield Inserted(kind, where.line - 1, f"{indent}{text}")


def _at(data: Any, path: Path) -> list[Any]:
    for step in path:
        data = data.get(step) if isinstance(data, dict) else None
    return data if isinstance(data, list) else []
