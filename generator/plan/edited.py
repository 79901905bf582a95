"""What an edit does to which cluster, before it is on disk and without Git."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path as File

from ..documents.files import find_specs, raw_of
from ..documents.folders import beside
from ..fleet.spec_files import kind_of
from ..flow import incremental
from ..flow.read import cluster_files, read
from ..flow.rendered import Progress, silent
from .plan import Plan, plan_of
from .sides import Known, Read, Then, compared

HERE = "what is on disk"
"""What the plan of an edit is compared with."""


def plan_of_edit(
    root: File, stage: File, edited: Collection[str], progress: Progress = silent, today: str = ""
) -> Plan:
    """The plan from the specs below `root` to those below `stage`, which differ in the `edited` files."""
    before, _ = find_specs(root)
    files, shared, findings = read(stage, progress)
    wanted = {file for file in before if file in edited or kind_of(file) != "Cluster"}
    texts = {file: raw for file in wanted if isinstance(raw := raw_of(root, file), bytes)}
    then = Then(beside(texts, root), frozenset(before), frozenset(edited))
    known = Known(incremental.remembered(stage, cluster_files(files)) if shared else {})
    sides = compared(Read(stage, files, shared, findings), then, known, progress, today)
    return plan_of(stage, sides, HERE, "")
