"""Specs from Python: what `from nearedge import Cluster, RayCluster` gives.

The models are those that nearedge reads YAML with; a Cluster, a Group, a Model or the Fleet made of them goes out as YAML.

Comes in: models, or the text of a spec. Goes out: YAML that nearedge reads as the same spec, findings, HTML for notebooks.
Not here: writing files, rendering, and anything that the command line does.
"""

from __future__ import annotations

from . import items
from .findings import Findings, WrongSpec
from .items import *
from .site import Cluster, Group
from .spec import Fleet, Model, Spec

__all__ = ["Cluster", "Findings", "Fleet", "Group", "Model", "Spec", "WrongSpec"]
__all__ += items.__all__
