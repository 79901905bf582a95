"""Build the example with each kustomize that people run, and hold the objects against the pinned one's: `make matrix`.

    kustomize of each version, built by Go into .bin/matrix/ -> build every overlay and hub -> the same objects?

The versions are those of kustomize's own releases since 5.4 and those inside kubectl (its go.mod: 1.31 has 5.4, 1.32 has
5.5, 1.33 has 5.6, 1.34 and 1.35 have 5.7, 1.36 and 1.37 have 5.8); kubectl runs the same module. The first build of a version takes a
minute or two. Exit code: 0 all are equal, 1 one is not, 3 one cannot be built.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from generator.objects.manifest import by_identity
from generator.programs.record import PINNED
from generator.yaml.machine import read_documents

ROOT = Path(__file__).resolve().parent.parent
MODULE = "sigs.k8s.io/kustomize/kustomize/v5"
VERSIONS = ("v5.4.2", "v5.5.0", "v5.6.0", "v5.7.1", "v5.8.1", "v5.8.2", "v5.8.3")
Objects = dict[Any, Any]


class NotBuilt(Exception):
    """A version cannot be had, or a folder cannot be built by it."""


def main(argv: Sequence[str] | None = None) -> int:
    """See above."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--builds", type=Path, default=ROOT / ".bin" / "matrix", help="where they are")
    parser.add_argument("version", nargs="*", default=VERSIONS, help="only these")
    options = parser.parse_args(argv)
    places = list(folders(ROOT))
    code = 0
    try:
        pinned = objects(PINNED["kustomize"], places, options.builds)
    except NotBuilt as problem:
        print(f"matrix: {problem}", file=sys.stderr)
        return 3
    for version in options.version:
        try:
            found = objects(version, places, options.builds)
        except NotBuilt as problem:
            code, said = 3, str(problem)
        else:
            unlike = [place for place in places if found[place] != pinned[place]]
            said = f"not as {PINNED['kustomize']}: {', '.join(unlike)}" if unlike else "equal"
            code = code or int(bool(unlike))
        print(f"kustomize {version}  {len(places)} folders  {said}")
    return code


def objects(version: str, places: Sequence[str], builds: Path) -> dict[str, Objects]:
    """Folder -> what a version makes of it."""
    one = program(version, builds)
    return {place: built(one, place) for place in places}


def folders(root: Path) -> Iterator[str]:
    """Every folder of the output that Argo CD builds."""
    for top in ("acm", "overlays"):
        yield from (
            path.parent.relative_to(root).as_posix()
            for path in sorted(root.glob(f"{top}/*/kustomization.yaml"))
        )


def program(version: str, builds: Path) -> Path:
    """A kustomize of a version; built by Go where it is not there yet.

    Raises:
        NotBuilt: Go cannot.
    """
    made = builds / version / "kustomize"
    if not made.is_file():
        made.parent.mkdir(parents=True, exist_ok=True)
        go = ["go", "install", f"{MODULE}@{version}"]
        done = subprocess.run(
            go, env={**os.environ, "GOBIN": str(made.parent)}, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise NotBuilt(f"{' '.join(go)}: {done.stderr.strip().splitlines()[-1]}")
    return made


def built(kustomize: Path, place: str) -> Objects:
    """What a kustomize makes of a folder, by identity.

    Raises:
        NotBuilt: it refuses the folder.
    """
    done = subprocess.run(
        [str(kustomize), "build", place], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise NotBuilt(f"{kustomize.parent.name} build {place}: {done.stderr.strip()}")
    return by_identity(read_documents(done.stdout))


if __name__ == "__main__":
    sys.exit(main())
