"""Make `tests/data/pss_corpus.json`, the upstream fixtures of the Pod Security Standards in a compact form.

They are the files below test/testdata of the Go module k8s.io/pod-security-admission, which upstream generates
from the standard's own checks: a folder for each level and version, with pods that pass and pods that fail.
Most pods are the same in many versions, so each stands there once, without names and images, with the minor
versions in which it passes and fails. The fixtures are Apache-2.0, copyright The Kubernetes Authors.

    .venv/bin/python -m scripts.pss_corpus
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from scripts.handwritten import SourceError
from scripts.schemas import download

ROOT = Path(__file__).resolve().parent.parent
CORPUS = Path("tests/data/pss_corpus.json")
MODULE, VERSION = "k8s.io/pod-security-admission", "v0.34.1"

Verdicts = dict[str, dict[str, set[int]]]
"""Level -> pass or fail -> minor versions."""


def main() -> int:
    """Exit code: 0 written, 3 the module cannot be had."""
    try:
        folder = download(MODULE, VERSION).folder / "test/testdata"
    except SourceError as problem:
        print(problem, file=sys.stderr)
        return 3
    text = to_text(corpus(folder))
    (ROOT / CORPUS).parent.mkdir(exist_ok=True)
    (ROOT / CORPUS).write_text(text, "utf-8")
    print(f"{CORPUS}: {len(text.encode()) / 1e3:.0f} kB")
    return 0


def corpus(folder: Path) -> list[dict[str, Any]]:
    """Each distinct pod with its verdicts, in the order of the files that first have it."""
    found: dict[str, Verdicts] = {}
    for path in sorted(folder.glob("*/v1.*/*/*.yaml")):
        level, version, verdict = path.relative_to(folder).parts[:3]
        minors = found.setdefault(_pod(path), {}).setdefault(level, {}).setdefault(verdict, set())
        minors.add(int(version.removeprefix("v1.")))
    return [
        {**json.loads(pod), **{level: _ranges(said) for level, said in verdicts.items()}}
        for pod, verdicts in found.items()
    ]


def _pod(path: Path) -> str:
    data = yaml.load(path.read_text("utf-8"), yaml.CSafeLoader)
    spec, annotations = data["spec"], data["metadata"].get("annotations")
    for field in ("initContainers", "containers", "ephemeralContainers"):
        for container in spec.get(field, ()):
            container.pop("image", None)
    return json.dumps({**({"annotations": annotations} if annotations else {}), "spec": spec}, sort_keys=True)


def _ranges(said: dict[str, set[int]]) -> dict[str, str]:
    return {verdict: ",".join(_spans(sorted(minors))) for verdict, minors in sorted(said.items())}


def _spans(minors: list[int]) -> Iterator[str]:
    """Numbers in a row as `first-last`."""
    start = minors[0]
    for number, following in zip(minors, [*minors[1:], None], strict=True):
        if following != number + 1:
            yield f"{start}-{number}"
            start = following if following is not None else start


def to_text(pods: list[dict[str, Any]]) -> str:
    """JSON with a line for each pod."""
    lines = ",\n".join(json.dumps(pod, separators=(",", ":")) for pod in pods)
    head = json.dumps({"source": f"{MODULE}@{VERSION} test/testdata", "licence": "Apache-2.0"})[1:-1]
    return f'{{{head}, "pods": [\n{lines}\n]}}\n'


if __name__ == "__main__":
    sys.exit(main())
