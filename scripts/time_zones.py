"""Make `generator/data/timezones.yaml`: the names of the IANA time zones, from the package tzdata; part of `make flags`."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "generator" / "data" / "timezones.yaml"
HEADER = "# The list `zones` of tzdata from PyPI, by `make flags`; do not edit.\n"
WIDTH = 118


def main() -> int:
    """Exit code: 0 written."""
    with tempfile.TemporaryDirectory() as folder:
        command = [
            sys.executable,
            "-m",
            "pip",
            "download",
            "--quiet",
            "--no-deps",
            "--dest",
            folder,
            "tzdata",
        ]
        subprocess.run(command, check=True)
        wheel = next(Path(folder).glob("*.whl"))
        with zipfile.ZipFile(wheel) as packed:
            names = packed.read("tzdata/zones").decode().split()
        version = wheel.name.split("-")[1]
    TARGET.write_text(text_of(version, names), "utf-8", newline="\n")
    print(f"written: {TARGET.name}, {len(names)} zones of tzdata {version}")
    return 0


def text_of(version: str, names: list[str]) -> str:
    """The file: as many names on a line as fit."""
    lines, line = [], " "
    for name in sorted(names):
        if len(line) + len(name) + 2 > WIDTH:
            lines.append(line)
            line = " "
        line += f" {name},"
    rows = [
        HEADER.rstrip(),
        "package: tzdata",
        f'version: "{version}"',
        "file: tzdata/zones",
        "zones: [",
        *lines,
    ]
    return "\n".join([*rows, line.rstrip(","), "]"]) + "\n"


if __name__ == "__main__":
    sys.exit(main())
