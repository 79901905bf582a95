"""What must hold of models that one cluster trains and others serve."""

from __future__ import annotations

from collections.abc import Iterator

from ...findings.finding import Path, Severity
from ...findings.rule import Problem, rule
from ...fleet.fleet import Fleet, Member

SHOWN = 3
"""Names of clusters in a message; the others are counted."""


def _jobs(fleet: Fleet) -> Iterator[tuple[Member, Path, str, str, bool]]:
    """(cluster, path of the job, model, version, whether it publishes) of all jobs that produce a model."""
    for member in fleet.members:
        for model, version, published, section, index in member.trained:
            yield member, ("members", member.name, section, "jobs", index), model, version, published


@rule("TRAIN001", Severity.WARNING, scope="fleet", source="a model reaches other clusters by its source only")
def what_others_serve_is_published(fleet: Fleet) -> Iterator[Problem]:
    """A model that one cluster trains and others serve is published.

    What is trained stays on a volume of that cluster: the others serve whatever lies where the model's source points,
    which no job fills.
    """
    published = {model for _, _, model, _, published in _jobs(fleet) if published}
    for member, path, model, _, _ in _jobs(fleet):
        others = [item.name for item in fleet.members if item is not member and model in item.fetched]
        if others and model not in published:
            rest = f" and {len(others) - SHOWN} more" if len(others) > SHOWN else ""
            named = f"{', '.join(others[:SHOWN])}{rest}"
            said = f"{model} is trained here and not published: what lies at its source is served by {named}"
            hint = "add publish: {}, or publish it by other means and accept this with a waiver"
            yield Problem((*path, "produces"), said, hint)


@rule("TRAIN002", scope="fleet", source="components/models/publish.py: a version is published once")
def a_version_is_published_once(fleet: Fleet) -> Iterator[Problem]:
    """No two clusters publish the same version of a model.

    Both would write to the same place: the second to come finds another content there, and fails.
    """
    first: dict[tuple[str, str], str] = {}
    for member, path, model, version, published in _jobs(fleet):
        before = first.setdefault((model, version), member.name) if published else member.name
        if before != member.name:
            said = f"version {version} of {model} is published by {before} already"
            yield Problem(
                (*path, "publish"), said, "let one cluster publish it, or give them versions of their own"
            )
