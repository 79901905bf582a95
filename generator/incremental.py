"""The same pipeline, run only for the clusters that changed, and on all cores.

A cluster's overlay depends on its own file and on what all clusters share. What was compiled before is remembered
in `.nearedge/cache` by digests of both and of nearedge itself; a remembered overlay counts only while the
files on disk still have the digests they were written with. Losing the cache costs time, nothing else.
"""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from importlib import resources
from multiprocessing.connection import Connection
from pathlib import Path as File
from typing import Any

from .finding import Finding, Severity, Where, ordered
from .fleet import Member
from .pipeline import (
    Asked,
    Progress,
    Rendered,
    Site,
    assemble,
    check_sites,
    cluster_files,
    compile_sites,
    judge,
    read,
    silent,
    uses,
)
from .sources import Shared
from .tree import Tree
from .waivers import Waiver

CACHE = ".nearedge/cache"
WORTH_A_PROCESS = 250
"""Clusters below which a second process costs more than it gains (measured on two cores)."""

Remembered = dict[str, Any]
Work = Callable[[File, Shared, tuple[str, ...], Progress], tuple[tuple[Site, ...], dict[str, str]]]
"""`compile_sites` or `check_sites`: clusters, and the texts of their bases."""


def render(root: File, progress: Progress = silent, today: str = "") -> Rendered:
    """The same result as `pipeline.render`; unchanged overlays come as paths instead of texts."""
    files, shared, findings = read(root, progress)
    if shared is None:
        return Rendered(ordered(findings), Tree({}))
    cache = _recall(root)
    kept = {file: site for file in cluster_files(files) if (site := _kept(root, file, cache)) is not None}
    fresh = tuple(file for file in cluster_files(files) if file not in kept)
    compiled, texts = _parallel(root, shared, fresh, progress, compile_sites)
    done = {**kept, **{site.file: site for site in compiled}}
    sites = tuple(done[file] for file in cluster_files(files))
    same = frozenset(
        path
        for path in cache.get("bases", {})
        if path not in texts and _base_of(path) in _named(kept.values())
    )
    return assemble(judge(root, shared, sites, findings, Asked(today)), Tree(texts, same))


def check(root: File, progress: Progress = silent, today: str = "") -> Rendered:
    """What is wrong with the fleet: the findings of `render`, without its tree."""
    files, shared, findings = read(root, progress)
    if shared is None:
        return Rendered(ordered(findings), Tree({}))
    sites, _ = _parallel(root, shared, cluster_files(files), progress, check_sites)
    return judge(root, shared, sites, findings, Asked(today))


def check_part(root: File, part: frozenset[str], progress: Progress = silent, today: str = "") -> Rendered:
    """What is wrong with some spec files and with every cluster that they are part of."""
    files, shared, findings = read(root, progress)
    common = frozenset(files) - frozenset(cluster_files(files))
    told = tuple(
        item
        for item in findings
        if item.where.file in part or (item.where.file in common and item.severity is Severity.ERROR)
    )
    if shared is None:
        return Rendered(ordered(told), Tree({}))
    touched = tuple(file for file in cluster_files(files) if file in part or uses(root, shared, file, part))
    sites, _ = _parallel(root, shared, touched, progress, check_sites)
    return judge(root, shared, sites, told, Asked(today, part))


def remembered(root: File, files: tuple[str, ...]) -> dict[str, Site]:
    """The clusters among `files` that the last render knows and that did not change since."""
    cache = _recall(root)
    return {file: site for file in files if (site := _kept(root, file, cache)) is not None}


def _base_of(path: str) -> str:
    return path.rpartition("/")[0]


def _named(sites: Any) -> frozenset[str]:
    return frozenset(base for site in sites for base in site.bases)


def remember(root: File, rendered: Rendered) -> None:
    """Write down what was rendered, after it was written to disk; failing to do so is no failure."""
    if rendered.fleet is None:
        return
    shared_key = _shared_key(root)
    old = _load(root, shared_key)
    sites = {}
    for site in rendered.sites:
        if site.member is None:
            continue
        digests = {path: _digest(text.encode()) for path, text in site.files.items()}
        before = old.get("sites", {}).get(site.file, {})
        sites[site.file] = before if site.kept else _written(root, site, digests)
    bases = {
        path: _digest(text.encode()) for path, text in rendered.tree.texts.items() if path.startswith("base/")
    }
    bases |= {path: digest for path, digest in old.get("bases", {}).items() if path in rendered.tree.same}
    _save(root, {"key": shared_key, "sites": sites, "bases": bases})


def _written(root: File, site: Site, digests: Mapping[str, str]) -> Remembered:
    assert site.member is not None  # noqa: S101 - asked by the caller
    return {
        "spec": _file_digest(root / site.file),
        "files": digests,
        "findings": [
            [*item.where, item.severity.value, item.code, item.message, item.hint, item.path]
            for item in site.findings
        ],
        "waivers": [
            [*item.where, item.code, item.reason, item.until, item.text, item.path] for item in site.waivers
        ],
        "member": asdict(site.member),
        "bases": list(site.bases),
        "objects": site.objects,
    }


def _save(root: File, cache: Remembered) -> None:
    path = root / CACHE
    try:
        path.parent.mkdir(exist_ok=True)
        staged = path.with_suffix(".new")
        body = json.dumps(cache, separators=(",", ":")).encode()
        staged.write_bytes(_digest(body).encode() + b"\n" + body)
        staged.replace(path)
    except OSError:
        return


def _recall(root: File) -> Remembered:
    """The cache, if it belongs to these shared specs and this nearedge, and all bases are still as written."""
    cache = _load(root, _shared_key(root))
    intact = all(_file_digest(root / path) == digest for path, digest in cache.get("bases", {}).items())
    return cache if intact else {}


def _load(root: File, key: str) -> Remembered:
    try:
        seal, _, body = (root / CACHE).read_bytes().partition(b"\n")
    except OSError:
        return {}
    # Only what we wrote ourselves, whole: everything below trusts its shape.
    if seal.decode("ascii", "replace") != _digest(body):
        return {}
    cache: Remembered = json.loads(body)
    return cache if cache["key"] == key else {}


def _kept(root: File, file: str, cache: Remembered) -> Site | None:
    """The remembered site, when neither its spec nor its overlay changed since."""
    known = cache.get("sites", {}).get(file)
    if known is None or _file_digest(root / file) != known["spec"]:
        return None
    if any(_file_digest(root / path) != digest for path, digest in known["files"].items()):
        return None
    findings = tuple(
        Finding(Where(*where), Severity(severity), code, message, hint, tuple(path))
        for *where, severity, code, message, hint, path in known["findings"]
    )
    waivers = tuple(
        Waiver(Where(*where), code, reason, until, text, tuple(path))
        for *where, code, reason, until, text, path in known["waivers"]
    )
    return Site(
        file,
        findings,
        _member(known["member"]),
        {},
        tuple(known["files"]),
        tuple(known["bases"]),
        known["objects"],
        waivers,
    )


def _member(known: Remembered) -> Member:
    namespaces = tuple(
        (name, tuple((key, value) for key, value in labels)) for name, labels in known["namespaces"]
    )
    return Member(**{**known, "namespaces": namespaces})


def _shared_key(root: File) -> str:
    """Digest of everything that all overlays depend on: shared specs and nearedge's own code and data."""
    digest = hashlib.blake2b(digest_size=16)
    digest.update(_engine().encode())
    for folder in ("groups", "models"):
        for path in sorted((root / "clusters" / folder).rglob("*.yaml")):
            digest.update(f"{path.relative_to(root).as_posix()}\0{_file_digest(path)}\0".encode())
    digest.update(_file_digest(root / "clusters/fleet.yaml").encode())
    return digest.hexdigest()


def _engine() -> str:
    here = resources.files(__package__)
    digest = hashlib.blake2b(digest_size=16)
    for path in sorted(_own_files(File(str(here)))):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _own_files(folder: File) -> Iterator[File]:
    yield from (path for path in folder.rglob("*") if path.suffix in {".py", ".yaml", ".j2"})


def _file_digest(path: File) -> str:
    try:
        return _digest(path.read_bytes())
    except OSError:
        return ""


def _digest(raw: bytes) -> str:
    return hashlib.blake2b(raw, digest_size=12).hexdigest()


def _parallel(
    root: File, shared: Shared, files: tuple[str, ...], progress: Progress, work: Work
) -> tuple[tuple[Site, ...], dict[str, str]]:
    """`work` on all cores: this process takes the first part, forked ones the others."""
    workers = min(_cores(), len(files) // WORTH_A_PROCESS)
    if workers < 2 or "fork" not in multiprocessing.get_all_start_methods():  # noqa: PLR2004
        return work(root, shared, files, progress)
    parts = [files[i * len(files) // workers : (i + 1) * len(files) // workers] for i in range(workers)]
    # Forked, because the specs' models are made at run time and cannot be pickled; only results are.
    context = multiprocessing.get_context("fork")
    running = []
    for part in parts[1:]:
        ours, theirs = context.Pipe(duplex=False)
        process = context.Process(target=_send, args=(theirs, root, shared, part, work), daemon=True)
        process.start()
        theirs.close()
        running.append((process, ours, part))
    sites, texts = work(root, shared, parts[0], progress)
    for process, ours, part in running:
        try:
            more, bases = ours.recv()
        except EOFError:
            # The worker died (out of memory, killed): its part is done here.
            more, bases = work(root, shared, part, progress)
        sites, texts = (*sites, *more), {**texts, **bases}
        process.join()
    return sites, texts


def _send(pipe: Connection, root: File, shared: Shared, files: tuple[str, ...], work: Work) -> None:
    pipe.send(work(root, shared, files, silent))
    pipe.close()


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
