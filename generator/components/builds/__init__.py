"""Builds: from a trained model to an image at the edge, by Tekton on a core cluster.

    Model.build -> fetch -> build -> test, scan -> push -> sbom, sign -> promote -> pull request

`spec` is the section, `specs/build.py` what a Model says; `containerfile` what its image is made of, `steps` what all Tasks
have in common, `trust` whose certificates they believe, `tasks` those that models share, `pipeline` what is a model's own, `trigger` what starts builds, `units` the
component; the rules are in `checks` and `model_checks`. The scripts are in templates/builds/.
"""

from .containerfile import asked, base
from .pipeline import pipeline_name, workspace_size
from .trigger import STARTER, STARTER_LABELS, polls, starter_rights, starts
from .units import BUILDS, items, push_secrets

__all__ = [
    "BUILDS",
    "STARTER",
    "STARTER_LABELS",
    "asked",
    "base",
    "items",
    "pipeline_name",
    "polls",
    "push_secrets",
    "starter_rights",
    "starts",
    "workspace_size",
]
