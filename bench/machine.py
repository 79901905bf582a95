"""What the figures were measured on: the machine, and the versions of what ran."""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

from generator.errors import ToolMissing
from generator.programs.record import find

ROOT = Path(__file__).resolve().parent.parent


def machine(folder: Path) -> Iterator[tuple[str, str]]:
    """(what, value) of the machine, with the file system of `folder`."""
    yield "CPU", f"{_cores()} cores, {_cpu_model()}"
    yield "memory", f"{os.sysconf('SC_PHYS_PAGES') * os.sysconf('SC_PAGE_SIZE') / 2**30:.1f} GiB"
    yield "kernel", f"{platform.system()} {platform.release()}"
    yield "file system", _file_system(folder)


def versions() -> Iterator[tuple[str, str]]:
    """(what, version) of nearedge and of what it uses."""
    yield "nearedge", _commit()
    yield "Python", f"{platform.python_implementation()} {platform.python_version()}"
    for package in ("pydantic", "PyYAML"):
        yield package, version(package)
    for tool in ("kustomize", "kubeconform"):
        yield tool, _tool(tool)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _cpu_model() -> str:
    for line in _text(Path("/proc/cpuinfo")).splitlines():
        name, _, value = line.partition(":")
        if name.strip() == "model name":
            return value.strip()
    return platform.processor() or platform.machine()


def _file_system(folder: Path) -> str:
    mounts = [line.split()[1:3] for line in _text(Path("/proc/mounts")).splitlines()]
    above = {str(folder), *map(str, folder.parents)}
    found = [(point, kind) for point, kind in mounts if point in above]
    return max(found, key=lambda item: len(item[0]))[1] if found else "unknown"


def _commit() -> str:
    commit = _git("describe", "--always", "--exclude=*", "--abbrev=12")
    changed = _git("status", "--porcelain", "--", "generator", "clusters", "bench/*.py")
    return (
        f"{commit}{' with uncommitted changes' if changed else ''}" if commit else "not in a Git repository"
    )


def _git(*arguments: str) -> str:
    try:
        done = subprocess.run(("git", *arguments), cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S607
    except OSError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def _tool(name: str) -> str:
    try:
        return str(find(ROOT, name)).removeprefix(f"{name} ")
    except ToolMissing:
        return "not there"


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except OSError:
        return ""
