"""A new fleet: a repository that renders, with a hub, a group and a cluster to begin with, and CI when asked for.

The specs are files of the package, filled in place like every other change, comments kept.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from pydantic import ValidationError

from ..facts.files import shipped_template, shipped_text
from ..findings.finding import Path
from ..specs.fleet import Repository
from . import put

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


@dataclass(frozen=True)
class Start:
    """What a new fleet is called, and what it begins with."""

    name: str = "fleet"
    repository: str = ""
    hub: str = "hub"
    platform: str = ""
    group: str = "edge"
    cluster: str = "edge-001"
    ci: tuple[str, ...] = ()


EXAMPLE_URL = "https://git.example.com/acme/fleet.git"
"""What data/init/fleet.yaml says until somebody says where the repository is."""


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


def steps(start: Start) -> tuple[str, ...]:
    """What is to be done before the first cluster pulls."""
    return (
        "Say in `clusters/fleet.yaml` where this repository is, which hub there is and which Secret may read it.",
        f"Describe the site in `clusters/groups/{start.group}.yaml`: nodes, storage classes, queues.",
        "`nearedge render`; `git init -b main` where this is no repository yet; commit and push.",
        "Make the branch that the ring follows: `git push origin main:ring/main`",
        f"On the hub: `kustomize build acm/{start.hub} | kubectl apply --server-side -f -`",
    )


def files(start: Start) -> dict[str, str]:
    """Path -> text of every file that a new repository begins with, its output not among them."""
    return dict(_files(start))


def _files(start: Start) -> Iterator[tuple[str, str]]:
    fleet: dict[Path, object] = {("metadata", "name"): start.name, ("spec", "hub", "cluster"): start.hub}
    if start.repository:
        fleet["spec", "repository", "url"] = start.repository
    platform: dict[Path, object] = {("spec", "platform"): start.platform} if start.platform else {}
    yield "clusters/fleet.yaml", _spec("fleet", fleet)
    yield f"clusters/core/{start.hub}.yaml", _spec("hub", {("metadata", "name"): start.hub, **platform})
    yield (
        f"clusters/groups/{start.group}.yaml",
        _spec("group", {("metadata", "name"): start.group, **platform}),
    )
    own: dict[Path, object] = {
        ("metadata", "name"): start.cluster,
        ("metadata", "labels", "site"): start.cluster,
        ("spec", "groups"): [start.group],
    }
    yield f"clusters/near-edge/{start.cluster}.yaml", _spec("cluster", own)
    yield "Makefile", shipped_text("data/init/Makefile")
    yield ".gitignore", shipped_text("data/init/gitignore")
    yield ".gitattributes", shipped_text("data/init/gitattributes")
    yield "README.md", _readme(start)
    for forge in start.ci:
        yield from ((path, shipped_text(f"data/ci/{name}")) for path, name in CI[forge].items())


def _spec(name: str, values: Mapping[Path, object]) -> str:
    text = shipped_text(f"data/init/{name}.yaml")
    for path, value in values.items():
        text = put(text, path, value)
    return text


def _readme(start: Start) -> str:
    template = shipped_template("templates/init-readme.md.j2")
    ci = "\n\n".join(_NEEDED[forge] for forge in start.ci)
    return template.render(name=start.name, group=start.group, steps=steps(start), ci=ci)
