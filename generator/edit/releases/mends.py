"""What steps write into specs, each as a change of texts that leaves everything else as it is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from ...documents.files import Document
from ...documents.paths import value_at, written
from ...documents.spans import offsets_of
from ...findings.finding import Path
from ...specs.removals import FILE, FOLDER
from ...specs.site import minor_version
from ...yaml.strict import read_text
from .. import drop, put
from ..fleet import Edit, RepositorySpecs, of_cluster, order_of
from ..hints import words_meant
from ..values import set_value
from .repository import Repository, Site, sites_of
from .step import Spot

IMAGE_VOLUMES = 33
"""Minor version of Kubernetes from which on a folder of an image can be a volume (KEP-4639), as SERVE016 has it."""
MOUNTED = "oci+native"
GITIGNORE = ".gitignore"
REPORT = "/report.html"
_KINDS = ("objects", "rings")


# A file for each removed cluster.


def listed_removals(repository: Repository) -> Iterator[Spot]:
    """Clusters that the one file of all removals names."""
    if FILE in repository.specs.files:
        document = repository.specs.document(FILE)
        for i, entry in enumerate(_clusters_of(document.data)):
            where = document.where(("spec", "clusters", i))
            yield Spot(FILE, where.line, f"{entry['name']} -> {_own(entry['name'])}")


def removals_apart(_: Repository, specs: RepositorySpecs) -> Edit:
    """Each removed cluster in a file of its own; what else the one file says stays in it.

    A file begins as a copy of the one file without the other entries, so what somebody wrote beside an entry goes with it.
    """
    document = specs.document(FILE)
    entries = _clusters_of(document.data)
    texts: dict[str, str] = {}
    for name in dict.fromkeys(str(entry["name"]) for entry in entries):
        file = _own(name)
        if file in specs.files:
            own = specs.document(file).text
            for entry in (entry for entry in entries if entry["name"] == name):
                there = _clusters_of(read_text(own)[0])
                if entry not in there:
                    own = put(own, ("spec", "clusters", len(there)), entry, order_of("Removals"))
        else:
            own = _alone(document, name)
        texts[file] = own
    if not any(value_at(document.data, ("spec", key)) for key in _KINDS):
        return Edit(texts, gone=(FILE,))
    rest = document.text
    for i in reversed(range(len(entries))):
        rest = _without_comment(rest, document.where(("spec", "clusters", i)).line)
    return Edit({**texts, FILE: drop(rest, ("spec", "clusters"))})


def _alone(document: Document, name: str) -> str:
    text = document.text
    entries = _clusters_of(document.data)
    for i in reversed(range(len(entries))):
        if entries[i]["name"] != name:
            path: Path = ("spec", "clusters", i)
            text = drop(_without_comment(text, document.where(path).line), path)
    for key in _KINDS:
        text = drop(text, ("spec", key))
    text = put(text, ("metadata", "name"), name)
    return text.replace("$schema=../schemas/", "$schema=../../schemas/")


def _without_comment(text: str, line: int) -> str:
    """The text without the lines of comment that stand right above a line, which are about what goes with it."""
    lines = text.splitlines(keepends=True)
    first = line - 1
    while first and lines[first - 1].lstrip().startswith("#"):
        first -= 1
    return "".join((*lines[:first], *lines[line - 1 :]))


def _clusters_of(data: Any) -> list[Any]:
    found = value_at(data, ("spec", "clusters"))
    return found if isinstance(found, list) else []


def _own(name: object) -> str:
    return f"{FOLDER}/{name}.yaml"


# Names of resources.


def bare_resources(repository: Repository) -> Iterator[Spot]:
    """Keys that are no resource, of which nearedge says which one is meant."""
    for finding in repository.findings("SPEC012"):
        if _is_resource(finding.message) and _meant(finding.hint):
            old = finding.message.split('"')[1]
            yield Spot(finding.where.file, finding.where.line, f"{old} -> {_meant(finding.hint)}")


def resources_named(repository: Repository, specs: RepositorySpecs) -> Edit:
    """The name with its domain for each of them; from the end of a file, so that places hold."""
    texts: dict[str, str] = {}
    found = [item for item in repository.findings("SPEC012") if _is_resource(item.message)]
    for finding in sorted(dict.fromkeys(found), key=lambda item: item.where, reverse=True):
        file, word = finding.where.file, _meant(finding.hint)
        text = texts.get(file, specs.document(file).text)
        start, end = offsets_of(text, finding.where)
        after = f"{text[:start]}{word}{text[end:]}"
        if word and not read_text(after)[1]:
            texts[file] = after
    return Edit(texts)


def _is_resource(message: str) -> bool:
    return "cannot be a key of" in message and "or a device with its domain" in message


def _meant(hint: str) -> str:
    words = words_meant(hint)
    return words[0] if len(words) == 1 and "/" in words[0] else ""


# Models in images on plain Kubernetes.


def unmounted_images(repository: Repository) -> Iterator[Spot]:
    """Servers whose model lies in an image beside them where KServe can only mount it."""
    for site in repository.sites:
        for path in _beside(site):
            where = site.resolved.where(path)
            shown = written(site.resolved.spec, path)
            able = "" if _mounts(site) else ", after kubernetesVersion says 1.33 or newer"
            yield Spot(where.file, where.line, f"{site.name}: {shown}: oci -> oci+native{able}")


def images_mounted(_: Repository, specs: RepositorySpecs) -> Edit:
    """The image as a volume, said where it was said if nobody else takes it from there, else in the cluster's own file."""
    texts: dict[str, str] = {}
    sites = sites_of(specs)
    users: dict[_Leaf, list[tuple[Site, Path]]] = {}
    for site in sites:
        for path in _beside(site) if _mounts(site) else ():
            layer, inside = site.resolved.said(path)[-1]
            users.setdefault(_Leaf(layer.document.file, (*layer.root, *inside)), []).append((site, path))
    for leaf, meant in users.items():
        names = {site.name for site, _ in meant}
        if {site.name for site in sites if _reads(site, leaf.file)} <= names:
            text = texts.get(leaf.file, specs.document(leaf.file).text)
            texts[leaf.file] = put(text, leaf.path, MOUNTED)
            continue
        for site, path in meant:
            own = of_cluster(specs.after(Edit(texts)), site.name)
            texts.update(set_value(own, written(site.resolved.spec, path), MOUNTED).texts)
    return Edit(texts)


class _Leaf(NamedTuple):
    """A place in a document."""

    file: str
    path: Path


def _reads(site: Site, file: str) -> bool:
    return any(layer.document.file == file for layer in site.resolved.layers)


def _beside(site: Site) -> Iterator[Path]:
    if site.profile is None or "modelcar" in site.profile.kserve.ociModes:
        return
    if "native" not in site.profile.kserve.ociModes:
        return
    for i, item in enumerate(site.resolved.spec.get("serving") or ()):
        if isinstance(item, dict) and item.get("kind") != "Deployment":
            storage = item.get("storage")
            if isinstance(storage, dict) and storage.get("type") == "oci":
                yield "serving", i, "storage", "type"


def _mounts(site: Site) -> bool:
    version = site.resolved.spec.get("kubernetesVersion")
    try:
        return minor_version(str(version)) >= IMAGE_VOLUMES
    except ValueError:
        return False


# What git leaves alone.


def report_in_git(repository: Repository) -> Iterator[Spot]:
    """A file of what git ignores, as `nearedge init` wrote it, without the page of a report."""
    lines = repository.text(GITIGNORE).splitlines()
    if "/.nearedge/" in lines and not {REPORT, REPORT[1:]} & {line.strip() for line in lines}:
        yield Spot(GITIGNORE, 0, f"gets {REPORT}")


def report_ignored(repository: Repository, _: RepositorySpecs) -> Edit:
    """The line that `nearedge init` writes."""
    text = repository.text(GITIGNORE)
    end = "" if text.endswith("\n") else "\n"
    return Edit({GITIGNORE: f"{text}{end}\n# Made by `nearedge report`\n{REPORT}\n"})


__all__ = [
    "bare_resources",
    "images_mounted",
    "listed_removals",
    "removals_apart",
    "report_ignored",
    "report_in_git",
    "resources_named",
    "unmounted_images",
]
