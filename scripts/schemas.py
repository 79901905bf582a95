"""Make `schemas/kinds/` and `schemas/sources.yaml`: `make schemas`.

kind_sets.yaml says which kinds come from which tagged Go module; `go mod download` fetches and verifies it.
handwritten_kinds.yaml has the kinds that no such module carries (handwritten.py). structural.py turns both
into strict JSON Schema. With --check nothing is written: the files are rebuilt and compared, and a difference
is exit code 1.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from generator.facts.schema_files import FOLDER, SchemaKind, schema_file
from generator.yaml.writer import to_yaml
from scripts.compact import to_text
from scripts.handwritten import Found, SourceError, handwritten
from scripts.structural import document, openapi

ROOT = Path(__file__).resolve().parent.parent
SOURCES = Path("schemas/sources.yaml")
HEADER = "From scripts/kind_sets.yaml and scripts/handwritten_kinds.yaml by `make schemas`; do not edit."
DOWNLOAD_SECONDS = 900
GROUP_VERSION_KIND = "x-kubernetes-group-version-kind"


class Download(NamedTuple):
    """A module in Go's module cache."""

    folder: Path
    checksum: str  # h1: hash of the module's files, as go.sum records it


class CrdLoader(yaml.CSafeLoader):
    """Third-party YAML: a bare `=`, as Prometheus' CRDs have in enums, is a string."""


CrdLoader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:value"]
    for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}


def main(argv: Sequence[str] | None = None) -> int:
    """Exit code: 0 done or no difference, 1 --check found differences, 3 a source cannot be had."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="compare with what is there and write nothing")
    options = parser.parse_args(argv)
    try:
        files = build(ROOT / "scripts")
    except SourceError as problem:
        print(problem, file=sys.stderr)
        return 3
    different = drift(ROOT, files)
    for path in different:
        done = "written" if path in files else "removed"
        print(f"{'differs' if options.check else done}: {path}")
    if not options.check:
        write(ROOT, files)
    size = sum(len(text.encode()) for text in files.values())
    print(f"{len(files)} files, {size / 1e6:.1f} MB, {len(different)} different")
    return 1 if options.check and different else 0


def build(data: Path) -> dict[Path, str]:
    """Every file, by its path from the root of the repository; `data` holds the two lists of kinds."""
    files: dict[Path, str] = {}
    sources: list[dict[str, Any]] = []
    for entry in read_yaml(data / "kind_sets.yaml"):
        print(f"{entry['set']}: {entry['module']}@{entry['version']}", file=sys.stderr)
        module = download(entry["module"], entry["version"])
        found = from_module(module.folder, entry)
        written = {kind: from_found(kind, item, entry) for kind, item in found.items()}
        facts = {key: entry[key] for key in ("set", "module", "version", "standsFor", "note") if key in entry}
        places = {kind: {"from": item.place} for kind, item in found.items()}
        sources.append({**facts, "checksum": module.checksum, "files": record(written, places)})
        files |= paths(entry["set"], written)
    found = handwritten(read_yaml(data / "handwritten_kinds.yaml"))
    written = {kind: from_found(kind, item, {}) for kind, item in found.items()}
    places = {kind: {"source": item.place} for kind, item in found.items()}
    sources.append({"set": "handwritten", "files": record(written, places)})
    files |= paths("handwritten", written)
    return {**files, SOURCES: to_yaml({"sets": sources}, HEADER)}


def from_found(kind: SchemaKind, found: Found, entry: Mapping[str, Any]) -> str:
    """Text of a kind's file; `entry` may say which top-level fields to leave out."""
    without = entry.get("without", {}).get("/".join(kind), ())
    schema = document(found.schema, *kind, found.scope, name=found.name, without=without)
    return to_text(schema) + "\n"


def paths(name: str, written: Mapping[SchemaKind, str]) -> dict[Path, str]:
    """The texts of a set under the paths that generator/kinds.py looks for."""
    return {FOLDER / name / schema_file(*kind): text for kind, text in written.items()}


def record(
    written: Mapping[SchemaKind, str], places: Mapping[SchemaKind, Mapping[str, str]]
) -> list[dict[str, str]]:
    """What sources.yaml says of each file: where it comes from, and its checksum."""
    return [
        {
            "file": schema_file(*kind),
            **kind._asdict(),
            **places[kind],
            "sha256": hashlib.sha256(written[kind].encode()).hexdigest(),
        }
        for kind in sorted(written)
    ]


# Tagged modules


def download(module: str, version: str) -> Download:
    """A module in Go's cache; Go checks it against the checksum database.

    Raises:
        SourceError: no Go, no network, or the module proxy does not serve this version.
    """
    go = shutil.which("go")
    if go is None:
        raise SourceError("Go is needed to fetch the modules that hold the CRDs: there is no `go` on PATH.")
    command = [go, "mod", "download", "-json", f"{module}@{version}"]
    try:
        run = subprocess.run(command, capture_output=True, text=True, timeout=DOWNLOAD_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        raise SourceError(f"{module}@{version} did not arrive within {DOWNLOAD_SECONDS} s.") from None
    answer = json.loads(run.stdout or "{}")
    if run.returncode or "Dir" not in answer:
        reason = answer.get("Error") or run.stderr.strip()
        raise SourceError(f"{module}@{version} cannot be downloaded: {reason}")
    return Download(Path(answer["Dir"]), answer["Sum"])


def from_module(module: Path, entry: Mapping[str, Any]) -> dict[SchemaKind, Found]:
    """The kinds that a set wants of an unpacked module.

    Raises:
        SourceError: some are not there, or two files describe one kind differently.
    """
    wanted = [
        SchemaKind(api_version, kind) for api_version, kinds in entry["kinds"].items() for kind in kinds
    ]
    found: dict[SchemaKind, Found] = {}
    read = from_openapi if "openapi" in entry else from_crds
    for kind, item in read(module, entry, wanted):
        if (first := found.setdefault(kind, item)).schema != item.schema:
            raise SourceError(f"{first.place} and {item.place} describe {kind.kind} differently.")
    if missing := [f"{kind.apiVersion} {kind.kind}" for kind in wanted if kind not in found]:
        raise SourceError(f"{entry['set']} does not hold {', '.join(missing)}.")
    return found


def from_crds(
    module: Path, entry: Mapping[str, Any], wanted: Sequence[SchemaKind]
) -> Iterator[tuple[SchemaKind, Found]]:
    """The wanted kinds among the CRDs in the set's folders."""
    files = [path for folder in entry["folders"] for path in sorted((module / folder).glob("*.yaml"))]
    names = {kind.kind for kind in wanted}
    for path in files:
        text = path.read_text("utf-8")
        if not any(f"kind: {name}\n" in text for name in names):
            continue  # parsing is slow, and most files of a large module hold other kinds
        place = path.relative_to(module).as_posix()
        for crd in yaml.load_all(text, CrdLoader):
            yield from ((kind, item) for kind, item in crd_kinds(crd, place) if kind in wanted)


def crd_kinds(crd: Any, place: str) -> Iterator[tuple[SchemaKind, Found]]:
    """Every version of a CRD's kind that a cluster serves; nothing for a document that is no CRD."""
    if not isinstance(crd, dict) or crd.get("kind") != "CustomResourceDefinition":
        return
    spec = crd["spec"]
    for version in spec["versions"]:
        if version["served"]:
            kind = SchemaKind(f"{spec['group']}/{version['name']}", spec["names"]["kind"])
            yield kind, Found(spec["scope"], version["schema"]["openAPIV3Schema"], place)


def from_openapi(
    module: Path, entry: Mapping[str, Any], wanted: Sequence[SchemaKind]
) -> Iterator[tuple[SchemaKind, Found]]:
    """The wanted built-in kinds from Kubernetes' OpenAPI v3 documents, one per group and version."""
    folder = entry["openapi"]
    for api_version in dict.fromkeys(kind.apiVersion for kind in wanted):
        core = "/" not in api_version
        name = f"{'api' if core else 'apis'}__{api_version.replace('/', '__')}_openapi.json"
        document = json.loads((module / folder / name).read_text("utf-8"))
        for kind in wanted:
            if kind.apiVersion == api_version:
                yield kind, built_in(document, kind, f"{folder}/{name}")


def built_in(document: Mapping[str, Any], kind: SchemaKind, place: str) -> Found:
    """A built-in kind of an OpenAPI document: schema by its group, version and kind, scope by its paths."""
    schemas = document["components"]["schemas"]
    group, _, version = kind.apiVersion.rpartition("/")
    sign = {"group": group, "version": version, "kind": kind.kind}
    name = next(key for key, schema in schemas.items() if sign in schema.get(GROUP_VERSION_KIND, ()))
    creates = (
        path
        for path, verbs in document["paths"].items()
        if verbs.get("post", {}).get(GROUP_VERSION_KIND) == sign and not path.endswith("}")
    )
    namespaced = any("/namespaces/{namespace}/" in path for path in creates)
    return Found("Namespaced" if namespaced else "Cluster", openapi(name, schemas), place)


# Files


def read_yaml(path: Path) -> Any:
    """Our own data files."""
    return yaml.load(path.read_text("utf-8"), CrdLoader)  # noqa: S506 - CrdLoader is a safe loader


def drift(root: Path, files: Mapping[Path, str]) -> list[Path]:
    """Paths whose text is not what it should be: changed, missing, or there without a source."""
    present = {path.relative_to(root) for path in (root / FOLDER).rglob("*") if path.is_file()}
    changed = {path for path, text in files.items() if read_text(root / path) != text}
    return sorted(changed | present - set(files))


def read_text(path: Path) -> str | None:
    """Text of a file; None when there is none."""
    return path.read_text("utf-8") if path.is_file() else None


def write(root: Path, files: Mapping[Path, str]) -> None:
    """Write what differs and remove from `schemas/kinds/` what no set makes any more."""
    for path in drift(root, files):
        target = root / path
        if path in files:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(files[path], "utf-8", newline="\n")
        else:
            target.unlink()
    for folder in (root / FOLDER).iterdir():
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()


if __name__ == "__main__":
    sys.exit(main())
