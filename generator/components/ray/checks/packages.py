"""Rules for the code that Ray fetches: working_dir and py_modules of jobs and of Serve applications."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ....documents import files as load
from ....findings.finding import Path
from ....findings.rule import Problem, rule
from ...kit.component import Cluster
from ..runtime_env import RuntimeEnv
from ..spec import RayJob
from ..units import RAY
from .applications import applications

PACKAGING = "ray 2.52 python/ray/_private/runtime_env/packaging.py parse_uri; protocol.py; validation.py"
SCHEMA = "ray 2.52 python/ray/serve/schema.py runtime_env_contains_remote_uris"

REMOTE = frozenset({"https", "s3", "gs", "azure", "abfss", "file"})
"""Schemes that Ray fetches from, each one archive."""
OWN = frozenset({"gcs"})
"""Of packages that Ray keeps in the cluster itself."""
_URI = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://(?P<rest>.*)")


def wrong_package(text: str, *, folders: bool, wheels: bool) -> str | None:
    """What is wrong with a package, as the end of a sentence; None when Ray can fetch it.

    >>> wrong_package("http://acme.internal/app.zip", folders=False, wheels=False)
    'is fetched by https, s3, gs, azure, abfss or file, not by http'
    """
    found = _URI.fullmatch(text)
    if found is None and not folders:
        return "is a folder, and what runs it takes the URL of an archive only"
    if found is None:
        return (
            None
            if text.startswith("/")
            else "is no folder that a cluster can see: its path does not begin with /"
        )
    scheme, path = found["scheme"].lower(), re.split("[?#]", found["rest"])[0]
    if scheme in OWN:
        return None
    if scheme not in REMOTE:
        return f"is fetched by https, s3, gs, azure, abfss or file, not by {scheme}"
    ends = (".zip", ".whl") if wheels else (".zip",)
    return None if path.endswith(ends) else f"is no {' and no '.join(ends)}: Ray fetches archives only"


def _packages(env: Mapping[str, Any]) -> Iterator[tuple[Path, str]]:
    """(path below the environment, package) of all that it names."""
    if isinstance(env.get("working_dir"), str):
        yield ("working_dir",), env["working_dir"]
    modules = env.get("py_modules")
    if isinstance(modules, list | tuple):
        yield from ((("py_modules", i), one) for i, one in enumerate(modules) if isinstance(one, str))


def _env_of(job: RayJob) -> tuple[Mapping[str, Any], bool]:
    """A job's runtime environment as data, and whether it is written as fields."""
    if isinstance(job.runtimeEnv, RuntimeEnv):
        return job.runtimeEnv.model_dump(), True
    data, faults = load.read_text(job.runtimeEnv) if job.runtimeEnv else ({}, ())
    return (data if isinstance(data, dict) and not faults else {}), False


@rule(
    "RAY039", source=f"{PACKAGING}; kuberay v1.6.2 ray-operator/controllers/ray/utils/dashboard_httpclient.go"
)
def job_packages_can_be_fetched(cluster: Cluster) -> Iterator[Problem]:
    """Both working_dir and py_modules of a job are URLs of archives, or folders of the image that a pod submits from.

    Ray takes https, s3, gs, azure, abfss and file, and .zip (or .whl for a module) only. With HTTPMode the operator
    itself submits: it has no folder to upload, and the job fails with "is not a valid URI".
    """
    for i, job in enumerate(cluster.part(RAY).jobs):
        env, fields = _env_of(job)
        for path, package in _packages(env):
            folders = job.submissionMode != "HTTPMode"
            why = wrong_package(package, folders=folders, wheels=path[0] == "py_modules")
            if why:
                at: Path = ("ray", "jobs", i, "runtimeEnv", *(path if fields else ()))
                yield Problem(at, f"{path[0]} {package} {why}", _remedy(path, folders=folders, job=True))


@rule("RAY059", source=f"{SCHEMA}; {PACKAGING}")
def application_packages_can_be_fetched(cluster: Cluster) -> Iterator[Problem]:
    """Both working_dir and py_modules of a Serve application are URLs of archives.

    Nobody submits it from a pod, so there is no folder to upload: Ray refuses the whole configuration, and no request
    is ever answered. What is in the image needs no working_dir, but a place in PYTHONPATH.
    """
    for application in applications(cluster):
        for path, env in application.environments():
            for inner, package in _packages(env):
                why = wrong_package(package, folders=False, wheels=inner[0] == "py_modules")
                if why:
                    at = application.at(*path, *inner)
                    yield Problem(at, f"{inner[0]} {package} {why}", _remedy(inner, folders=False, job=False))


def _remedy(path: Path, *, folders: bool, job: bool) -> str:
    ends = "a .zip or .whl" if path[0] == "py_modules" else "a .zip"
    if folders:
        own = "; workingDir holds files" if path[0] == "working_dir" else ""
        return f"the URL of {ends}, or a folder of the image by its whole path{own}"
    return f"the URL of {ends}" + (
        "; or submissionMode K8sJobMode" if job else "; or drop it: the image has the code"
    )
