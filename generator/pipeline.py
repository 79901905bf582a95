"""The whole program: specs in, tree out.

    find -> read -> merge -> validate -> check -> compile -> factor -> tree -> (write -> verify)

Every arrow is a function from one frozen value to the next (flow/rendered.py); only `read` looks at the disk, and
nothing is written here. `flow/incremental.py` runs the same functions for the clusters that changed, on all cores;
`disk/tree.py` brings the result to disk and `proof/verify.py` proves it.
"""

from __future__ import annotations

from pathlib import Path as File

from .disk.tree import Tree
from .findings.finding import ordered
from .flow.assemble import assemble
from .flow.clusters import compile_clusters
from .flow.judge import Asked, judge_fleet
from .flow.read import cluster_files, read
from .flow.rendered import Progress, Rendered, silent


def render(root: File, progress: Progress = silent, today: str = "") -> Rendered:
    """Compile the fleet whose specs lie in `root`/clusters; `today` ends waivers, and without it none ends."""
    files, shared, findings = read(root, progress)
    if shared is None:
        return Rendered(ordered(findings), Tree({}))
    clusters, bases = compile_clusters(root, shared, cluster_files(files), progress)
    return assemble(judge_fleet(root, shared, clusters, findings, Asked(today)), Tree(bases))
