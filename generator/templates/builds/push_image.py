"""Brings the tested image where it is to be, and attaches the list of what is in it.

    push_image.py tag      IMAGE, by its digest, to each of TARGETS (JSON: [{"to": ..., "tags": [...]}]) under VERSION too
    push_image.py attach   an SPDX document of WORKSPACE/files.json and BASE beside the image in each of them

What is pushed is what was tested, to the last byte: images are copied by digest and never built a second time.
"""

from __future__ import annotations

import json
import os
import re
import sys
import urllib.error
from pathlib import Path
from typing import Any

from registry import (  # type: ignore[import-not-found, unused-ignore]
    IMAGE,
    RegistryError,
    Repository,
    copy,
    manifest,
    put_blob,
    put_manifest,
)

SPDX = "text/spdx+json"
EMPTY = b"{}"
EMPTY_KIND = "application/vnd.oci.empty.v1+json"
LICENSE = "NOASSERTION"


def main() -> int:
    """Exit code of the step that the command line names."""
    step = {"tag": tag, "attach": attach}.get(
        sys.argv[1] if len(sys.argv) == len(("program", "step")) else ""
    )
    if step is None:
        print(f"usage: {sys.argv[0]} tag|attach", file=sys.stderr)
        return 64
    name, _, digest = os.environ["IMAGE"].partition("@")
    try:
        step(Repository.of(name), digest, json.loads(os.environ["TARGETS"]))
    except urllib.error.HTTPError as fault:
        print(f"{fault.url}: HTTP {fault.code} {fault.reason}", file=sys.stderr)
        return 1
    except (OSError, RegistryError) as fault:
        print(f"{type(fault).__name__}: {fault}", file=sys.stderr)
        return 1
    return 0


def tag(source: Repository, digest: str, targets: list[dict[str, Any]]) -> None:
    """The image in every repository, under its tags."""
    pushed = []
    for target in targets:
        tags = tuple(dict.fromkeys((word(os.environ["VERSION"]), *target["tags"])))
        copy(source, digest, Repository.of(target["to"]), tags)
        pushed.append(f"{target['to']}@{digest}")
        print(f"{target['to']}: {', '.join(tags)} is {digest}", flush=True)
    result("images", json.dumps(pushed))


def word(version: str) -> str:
    """A version as a tag; what no tag may hold becomes a dash."""
    return re.sub(r"[^A-Za-z0-9_.-]", "-", version)[:128]


def attach(_: Repository, digest: str, targets: list[dict[str, Any]]) -> None:
    """The document as an artifact whose subject is the image, and under the tag by which cosign looks for it."""
    listed = json.loads((Path(os.environ["WORKSPACE"]) / "files.json").read_text(encoding="utf-8"))
    text = json.dumps(document(listed, os.environ["IMAGE"], os.environ.get("BASE", "")), indent=1).encode()
    for target in targets:
        place = Repository.of(target["to"])
        found, kind = manifest(place, digest)
        made = {
            "schemaVersion": 2,
            "mediaType": IMAGE,
            "artifactType": SPDX,
            "config": {"mediaType": EMPTY_KIND, **put_blob(place, EMPTY)},
            "layers": [{"mediaType": SPDX, **put_blob(place, text)}],
            "subject": {"mediaType": kind.partition(";")[0], "digest": digest, "size": len(found)},
        }
        content = json.dumps(made, sort_keys=True, separators=(",", ":")).encode()
        put_manifest(place, f"{digest.replace(':', '-')}.sbom", content, IMAGE)
        print(f"{target['to']}: {len(listed['files'])} files listed", flush=True)


def document(listed: dict[str, Any], image: str, base: str) -> dict[str, Any]:
    """SPDX 2.3: the image, the model with its files, and what it begins with. The same input gives the same bytes."""
    files = [
        {
            "SPDXID": f"SPDXRef-File-{i}",
            "fileName": f"./{item['path']}",
            "checksums": [{"algorithm": "SHA256", "checksumValue": item["sha256"]}],
            "licenseConcluded": LICENSE,
            "copyrightText": LICENSE,
        }
        for i, item in enumerate(listed["files"])
    ]
    packages = [_package("Image", image.partition("@")[0], image.partition("@")[2])]
    packages += [_package("Model", listed["model"], listed["version"])]
    packages += [_package("Base", base.partition("@")[0], base.partition("@")[2])] if base else []
    relations = [("DOCUMENT", "DESCRIBES", "Image"), ("Image", "CONTAINS", "Model")]
    relations += [("Image", "DESCENDANT_OF", "Base")] if base else []
    relations += [("Model", "CONTAINS", f"File-{i}") for i in range(len(files))]
    return {
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": "SPDXRef-DOCUMENT",
        "name": f"{listed['model']} {listed['version']}",
        "documentNamespace": f"https://nearedge.io/spdx/{image.partition('@')[2].removeprefix('sha256:')}",
        "creationInfo": {"created": "1970-01-01T00:00:00Z", "creators": ["Tool: nearedge"]},
        "packages": packages,
        "files": files,
        "relationships": [
            {
                "spdxElementId": f"SPDXRef-{one}",
                "relationshipType": kind,
                "relatedSpdxElement": f"SPDXRef-{other}",
            }
            for one, kind, other in relations
        ],
    }


def _package(what: str, name: str, version: str) -> dict[str, Any]:
    return {
        "SPDXID": f"SPDXRef-{what}",
        "name": name,
        "versionInfo": version,
        "downloadLocation": LICENSE,
        "filesAnalyzed": False,
    }


def result(name: str, value: str) -> None:
    """A result of the Task, where Tekton said a place for it."""
    place = os.environ.get(f"RESULT_{name.upper()}")
    if place:
        Path(place).write_text(value, encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
