"""A new fleet: a repository that renders, with specs to begin with (starts.py), what editors, git and people need, and CI."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

from pydantic import ValidationError

from ..facts.files import shipped_template, shipped_text
from ..specs.fleet import Repository
from .starts import Seed, Start, counted, seed_of

CI: Mapping[str, Mapping[str, str]] = {
    "github": {
        ".github/workflows/nearedge.yml": "github-check.yml",
        ".github/workflows/promote.yml": "github-promote.yml",
    },
    "gitlab": {".gitlab-ci.yml": "gitlab-ci.yml", "ci/Containerfile": "Containerfile"},
    "tekton": {
        "ci/tekton/task-check.yaml": "tekton-task-check.yaml",
        "ci/tekton/task-promote.yaml": "tekton-task-promote.yaml",
        "ci/tekton/pipeline-check.yaml": "tekton-pipeline-check.yaml",
        "ci/tekton/pipeline-promote.yaml": "tekton-pipeline-promote.yaml",
        "ci/Containerfile": "Containerfile",
    },
}
"""What --ci writes: path in the repository -> file of data/ci/."""

_NEEDED = {
    "github": "Set the repository variable NEAREDGE_PACKAGE (what pip installs nearedge from, by commit), and the secret NEAREDGE_TOKEN if pull requests of the workflow `promote` are to be checked.",
    "gitlab": "Set the CI/CD variables NEAREDGE_IMAGE (an image by digest; `ci/Containerfile` makes one) and NEAREDGE_TOKEN (api and write_repository, masked).",
    "tekton": "`kubectl apply -n <namespace> -f ci/tekton/`, with a Secret nearedge-token (key token) there. The image is a parameter; `ci/Containerfile` makes one.",
}


FILES: Mapping[str, str] = {
    "Makefile": "Makefile",
    ".gitignore": "gitignore",
    ".gitattributes": "gitattributes",
    ".editorconfig": "editorconfig",
    ".vscode/settings.json": "vscode/settings.json",
    ".vscode/extensions.json": "vscode/extensions.json",
}
"""What every repository gets beside specs: path in it -> file of data/init/repository/."""

HOOKS: Mapping[str, str] = {".pre-commit-config.yaml": "pre-commit-config.yaml"}
"""What is of use at the top of a repository only."""

EXAMPLE_URL = "https://git.example.com/acme/fleet.git"
"""What the examples of data/init/ say until somebody says where the repository is."""


def pullable(remote: str) -> str:
    """A remote of Git as clusters can pull it, without user and password; empty when they cannot."""
    parts = urlsplit(remote)
    url = (
        parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl() if parts.scheme == "https" else remote
    )
    try:
        return Repository(url=url, credentialsSecret=None).url
    except ValidationError:
        return ""


def steps(seed: Seed) -> tuple[str, ...]:
    """What is to be done before the first cluster pulls."""
    groups = ", ".join(f"`clusters/groups/{name}.yaml`" for name in seed.groups)
    rings = " ".join(f"main:{branch}" for _, branch in seed.rings)
    return (
        "Say in `clusters/fleet.yaml` where this repository is, which hub there is and which Secret may read it.",
        f"Describe the sites in {groups}: nodes, storage classes, queues.",
        "`nearedge render`; look at `nearedge plan`; commit. `git remote add origin URL` where there is none, `git push -u origin main`, and `git remote set-head origin --auto`.",
        f"Make the branches that the rings follow: `git push origin {rings}`"
        if len(seed.rings) > 1
        else f"Make the branch that the ring follows: `git push origin {rings}`",
        f"On the hub: `kustomize build acm/{seed.hub} | kubectl apply --server-side -f -`",
    )


def files(start: Start) -> dict[str, str]:
    """Path -> text of every file that a new repository begins with, its output not among them."""
    return dict(_files(start, seed_of(start)))


def _files(start: Start, seed: Seed) -> Iterator[tuple[str, str]]:
    yield from seed.texts.items()
    for path, name in {**FILES, **(HOOKS if start.alone else {})}.items():
        yield path, shipped_text(f"data/init/repository/{name}")
    yield "README.md", _readme(start, seed)
    for forge in start.ci:
        yield from ((path, shipped_text(f"data/ci/{name}")) for path, name in CI[forge].items())


def _readme(start: Start, seed: Seed) -> str:
    template = shipped_template("templates/init-readme.md.j2")
    return template.render(
        name=start.name,
        group=seed.groups[0],
        first=seed.clusters[0],
        further=counted(seed.clusters[-1], 1),
        ring=seed.rings[0][0],
        model=seed.example.model,
        next=seed.example.next,
        steps=steps(seed),
        hooks=start.alone,
        ci="\n\n".join(_NEEDED[forge] for forge in start.ci),
    )
