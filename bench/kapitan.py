"""The same fleet for kapitan, and what it takes to compile it.

Its inventory is written from the tree that nearedge made: a class for each base, with the base's documents as a template, and
a target for each cluster with the classes of its bases. So kapitan writes what a cluster's bases hold, once for each
cluster, and does less than nearedge: it corrects nothing for the cluster, judges no spec, proves nothing, and has no hub.

`bench/requirements.lock` pins it; it is installed into `.bin/kapitan`, by `make bench` alone.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import venv
from collections.abc import Iterator
from pathlib import Path

import yaml

from bench.machine import ROOT
from bench.measure import Run, run

LOCK = ROOT / "bench/requirements.lock"
HOME = ROOT / ".bin/kapitan"
PROCESSES = "2"


def install() -> Path:
    """The program, installed where it is not yet."""
    mark, digest = HOME / "lock", hashlib.sha256(LOCK.read_bytes()).hexdigest()
    if not mark.is_file() or mark.read_text("ascii") != digest:
        venv.create(HOME, clear=True, with_pip=True)
        pip = (str(HOME / "bin/python"), "-I", "-m", "pip", "install", "--quiet", "--no-input", "--no-deps")
        subprocess.run((*pip, "--require-hashes", "-r", str(LOCK)), check=True, stdout=sys.stderr)
        mark.write_text(digest, "ascii")
    return HOME / "bin/kapitan"


def version() -> str:
    """The version that the lock pins."""
    line = next(line for line in LOCK.read_text("ascii").splitlines() if line.startswith("kapitan=="))
    return line.split()[0].removeprefix("kapitan==")


def write_inventory(tree: Path, target: Path) -> None:
    """Write the inventory below `target` for the bases and overlays below `tree`."""
    bases = {path.parent for path in (tree / "base").rglob("kustomization.yaml")}
    for base in sorted(bases):
        name = _name(base.relative_to(tree))
        _write(target / f"templates/{name}.yaml", _template((base / "resources.yaml").read_text("utf-8")))
        _write(target / f"inventory/classes/{name}.yml", _as_yaml(_class(name)))
    for overlay in sorted((tree / "overlays").iterdir()):
        said = {"classes": list(_classes(tree, overlay)), "parameters": {"cluster": overlay.name}}
        _write(target / f"inventory/targets/{overlay.name}.yml", _as_yaml(said))


def compile_all(program: Path, target: Path) -> Run:
    """`kapitan compile` of all targets."""
    words = ("compile", "--inventory-backend", "reclass-rs", "--parallelism", PROCESSES)
    return run((str(program), *words), cwd=target)


def _classes(tree: Path, overlay: Path) -> Iterator[str]:
    listed = yaml.safe_load((overlay / "kustomization.yaml").read_text("utf-8"))["resources"]
    for path in listed:
        base = (overlay / path).resolve()
        if base.is_dir():
            yield _name(base.relative_to(tree.resolve()))


def _name(base: Path) -> str:
    """A class is called without the signs that mean something in the name of one."""
    return f"{base.name.partition('_')[0]}-{hashlib.sha256(base.as_posix().encode()).hexdigest()[:12]}"


def _class(name: str) -> dict[str, object]:
    made = {"input_type": "jinja2", "input_paths": [f"templates/{name}.yaml"], "output_path": "."}
    return {"parameters": {"kapitan": {"vars": {"target": "${cluster}"}, "compile": [made]}}}


def _template(text: str) -> str:
    # Rules of alerts hold braces of their own.
    return f"# {{{{ inventory.parameters.cluster }}}}\n{{% raw %}}\n{text}{{% endraw %}}\n"


def _as_yaml(value: object) -> str:
    return yaml.safe_dump(value, sort_keys=False)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
