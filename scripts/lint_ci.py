"""Hold the templates of `nearedge init --ci` against the linters of their forges: `make lint-ci`.

    python -m scripts.lint_ci [--only actionlint zizmor renovate]

Each linter is installed into .lint-ci/ at its pin: actionlint by Go, zizmor by pip, Renovate's validator by npm (Node.js 24).
Files of Gitea and Forgejo are looked at as GitHub's, their actions without the address that they come from.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TEMPLATES = ROOT / "generator/data/ci"
TOOLS = ROOT / ".lint-ci"
ACTIONLINT = "github.com/rhysd/actionlint/cmd/actionlint@v1.7.12"
ZIZMOR = "zizmor==1.32.0"
RENOVATE = "renovate@44.121.2"
SECONDS = 1800
_ELSEWHERE = "uses: https://github.com/"


class Missing(Exception):
    """A program that installs or runs a linter is not there, or does not install it."""


def main(argv: Sequence[str] | None = None) -> int:
    """Exit code: 0 nothing was found, 1 something was, 3 a linter cannot be had."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--only", nargs="+", choices=LINTERS, default=list(LINTERS), help="these linters")
    options = parser.parse_args(argv)
    codes = []
    with tempfile.TemporaryDirectory(prefix="lint-ci-") as folder:
        laid_out(Path(folder))
        for name in options.only:
            try:
                found = LINTERS[name](Path(folder))
            except Missing as problem:
                print(f"{name}: not run: {problem}", file=sys.stderr)
                codes.append(3)
                continue
            print(f"{name}: {'found something' if found else 'found nothing'}")
            codes.append(1 if found else 0)
    return max(codes)


def laid_out(folder: Path) -> None:
    """The templates where their linters look for them."""
    workflows = folder / ".github/workflows"
    workflows.mkdir(parents=True)
    for path in sorted(TEMPLATES.glob("git*-*.yml")):
        if not path.name.startswith("gitlab"):
            text = path.read_text("utf-8").replace(_ELSEWHERE, "uses: ")
            (workflows / path.name).write_text(text, "utf-8")
    shutil.copy(TEMPLATES / "renovate.json", folder)
    _run(["git", "init", "--quiet", str(folder)])


def actionlint(folder: Path) -> bool:
    """Whether actionlint finds something; it asks shellcheck where that is on PATH."""
    _run(["go", "install", ACTIONLINT], env={"GOBIN": str(TOOLS / "bin")})
    return _finds([str(TOOLS / "bin/actionlint")], folder)


def zizmor(folder: Path) -> bool:
    """Whether zizmor finds something, without a network."""
    python = TOOLS / "venv/bin/python"
    if not python.exists():
        _run([sys.executable, "-m", "venv", str(TOOLS / "venv")])
    _run([str(python), "-m", "pip", "install", "--quiet", "--no-input", ZIZMOR])
    return _finds([str(TOOLS / "venv/bin/zizmor"), "--offline", "--quiet", "."], folder)


def renovate(folder: Path) -> bool:
    """Whether Renovate refuses the preset."""
    node = _run(["node", "--version"]).strip()
    if int(node.lstrip("v").partition(".")[0]) < 24:  # noqa: PLR2004 - what this release of Renovate asks for
        raise Missing(f"node is {node}, and Renovate wants v24 or newer")
    # Nothing of a package runs while it is installed; without RE2 it takes JavaScript's patterns.
    _run(["npm", "install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", str(TOOLS / "npm"), RENOVATE])  # fmt: skip
    validator = TOOLS / "npm/node_modules/.bin/renovate-config-validator"
    return _finds([str(validator), "--strict"], folder)


LINTERS: dict[str, Callable[[Path], bool]] = {
    "actionlint": actionlint,
    "zizmor": zizmor,
    "renovate": renovate,
}


def _run(command: Sequence[str], env: dict[str, str] | None = None) -> str:
    try:
        done = subprocess.run(
            command, env={**os.environ, **(env or {})}, check=True, capture_output=True, text=True, timeout=SECONDS
        )  # fmt: skip
    except subprocess.CalledProcessError as problem:
        raise Missing(f"{' '.join(command)}: {(problem.stderr or problem.stdout).strip()[-500:]}") from None
    except (OSError, subprocess.SubprocessError) as problem:
        raise Missing(str(problem)) from None
    return done.stdout


def _finds(command: Sequence[str], folder: Path) -> bool:
    """Whether a linter that is there ends with something else than 0."""
    return subprocess.run(command, cwd=folder, check=False, timeout=SECONDS).returncode != 0


if __name__ == "__main__":
    sys.exit(main())
