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
        ".github/workflows/rollout.yml": "github-rollout.yml",
        ".github/workflows/waivers.yml": "github-waivers.yml",
    },
    "gitlab": {".gitlab-ci.yml": "gitlab-ci.yml", "ci/Containerfile": "Containerfile"},
    "gitea": {
        ".gitea/workflows/nearedge.yml": "gitea-check.yml",
        ".gitea/workflows/promote.yml": "gitea-promote.yml",
        ".gitea/workflows/rollout.yml": "gitea-rollout.yml",
        ".gitea/workflows/waivers.yml": "gitea-waivers.yml",
    },
    "tekton": {
        **{
            f"ci/tekton/{kind}-{name}.yaml": f"tekton-{kind}-{name}.yaml"
            for kind, names in (
                ("task", ("check", "comment", "promote", "rollout", "waivers")),
                ("pipeline", ("check", "promote", "rollout", "waivers")),
            )
            for name in names
        },
        "ci/Containerfile": "Containerfile",
    },
    "azure": {
        "azure-pipelines.yml": "azure-pipelines.yml",
        "ci/azure/promote.yml": "azure-promote.yml",
        "ci/azure/rollout.yml": "azure-rollout.yml",
        "ci/azure/waivers.yml": "azure-waivers.yml",
    },
    "jenkins": {
        "Jenkinsfile": "jenkins-check.groovy",
        "ci/jenkins/promote.groovy": "jenkins-promote.groovy",
        "ci/jenkins/rollout.groovy": "jenkins-rollout.groovy",
        "ci/Containerfile": "Containerfile",
    },
    "renovate": {"renovate.json": "renovate.json"},
}
"""What --ci writes: path in the repository -> file of data/ci/."""

_NEEDED = {
    "github": "Set the repository variable NEAREDGE_PACKAGE (what pip installs nearedge from, by commit), and the secret NEAREDGE_TOKEN if pull requests of the workflow `promote` are to be checked. Protect the environments `ring-<name>`: who approves a move.",
    "gitlab": "Set the CI/CD variables NEAREDGE_IMAGE (an image by digest; `ci/Containerfile` makes one), NEAREDGE_TOKEN (api and write_repository, masked, protected) and NEAREDGE_COMMENT_TOKEN (a Reporter with api, masked, of the environment `nearedge-comment`). Protect the environments `ring/<name>`.",
    "gitea": "Set the repository variable NEAREDGE_PACKAGE (what pip installs nearedge from, by commit), and the secret NEAREDGE_TOKEN of a bot if pull requests of the workflows are to be checked. Protect the branches `ring/*`: who merges there approves a move.",
    "tekton": "`kubectl apply -n <namespace> -f ci/tekton/`, with the Secrets nearedge-token, nearedge-comment and, for a repository that is not public, nearedge-read (key token) there. The image is a parameter; `ci/Containerfile` makes one.",
    "azure": "Make a pipeline of `azure-pipelines.yml` and of each file in `ci/azure/`, set their variable NEAREDGE_PACKAGE (what pip installs nearedge from, by commit), require the first one by a branch policy, and give the environments `ring-<name>` their approvals.",
    "jenkins": "A multibranch project of `Jenkinsfile`, a pipeline project of each file in `ci/jenkins/`, agents with the label `nearedge` (`ci/Containerfile` makes an image), the credentials nearedge-comment and nearedge-push, and NEAREDGE_FORGE and NEAREDGE_REPOSITORY in the folder.",
    "renovate": "Renovate changes specs alone: `nearedge render` on its branch brings the output, by hand or as a post-upgrade task of a Renovate of your own.",
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
