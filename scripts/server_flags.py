"""Make `generator/data/flags/`: `make flags`.

flag_sets.yaml says which releases of which packages are read. vLLM and MLServer are read from their source packages by
syntax (flags_vllm.py, flags_mlserver.py); Ray is asked in a venv of its own (flags_ray.py). Each file names package,
version and, for every group of flags, the file that says so. What no package carries is written by hand
(handwritten: true) and left alone here.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import yaml

from scripts import flags_mlserver, flags_ray, flags_vllm
from scripts.compact import to_text
from scripts.flags_vllm import Option

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "generator" / "data" / "flags"
HEADER = "# From scripts/flag_sets.yaml by `make flags`; do not edit.\n"


class SourceMissing(Exception):
    """A package cannot be had."""


def main(argv: Sequence[str] | None = None) -> int:
    """Exit code: 0 written, 3 a package cannot be had."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("server", nargs="*", help="only these of flag_sets.yaml")
    chosen = set(parser.parse_args(argv).server)
    for entry in yaml.safe_load((ROOT / "scripts" / "flag_sets.yaml").read_text("utf-8")):
        if chosen and entry["server"] not in chosen:
            continue
        for version in entry["versions"]:
            try:
                for name, text in made(entry["server"], entry["package"], version):
                    (FOLDER / name).write_text(text, "utf-8", newline="\n")
                    print(f"written: {name}, {len(text)} bytes")
            except (SourceMissing, subprocess.CalledProcessError) as problem:
                print(f"{entry['package']} {version}: {problem}", file=sys.stderr)
                return 3
    return 0


def made(server: str, package: str, version: str) -> Iterator[tuple[str, str]]:
    """(file, text) of one release."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        if server == "ray":
            answer = flags_ray.asked(place / "venv", package, version)
            site = next((place / "venv" / "lib").glob("python*/site-packages"))
            yield f"{server}-{version}.yaml", text_of(server, version, flags_ray.options(answer), site)
            note = {"$comment": f"{flags_ray.SCHEMA} of ray {version} from PyPI, by `make flags`"}
            yield f"ray-serve-{version}.json", to_text({**note, **flags_ray.schema(answer)}) + "\n"
            return
        source = unpacked(package, version, place)
        reads = flags_vllm.Reader(source).options if server == "vllm" else _mlserver(source)
        yield f"{server}-{version}.yaml", text_of(server, version, reads(), source)


def _mlserver(source: Path) -> Any:
    return lambda: flags_mlserver.options(source)


def unpacked(package: str, version: str, folder: Path) -> Path:
    """A source package, fetched by pip and unpacked.

    pip also asks a source package for its metadata, which may need half of the world to be installed. The package is
    unpacked by then and, with --no-clean, stays.

    Raises:
        SourceMissing: pip brought nothing.
    """
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", ":all:"]
    command += ["--no-build-isolation", "--no-clean", "--dest", str(folder), f"{package}=={version}"]
    run = subprocess.run(
        command, check=False, capture_output=True, text=True, env={**os.environ, "TMPDIR": str(folder)}
    )
    for archive in folder.glob("*.tar.gz"):
        with tarfile.open(archive) as packed:
            packed.extractall(folder, filter="data")
    for found in sorted(folder.rglob("PKG-INFO")):
        if f"\nVersion: {version}\n" in found.read_text("utf-8") and (found.parent / package).is_dir():
            return found.parent
    raise SourceMissing(run.stderr.strip()[-400:] or "pip brought no source package")


def text_of(server: str, version: str, options: Iterable[Option], root: Path) -> str:
    """One file of data: flags by the file that says so, one a line."""
    by_file: dict[str, dict[str, str]] = {}
    for option in options:
        name, *aliases = (name.removeprefix("--") for name in sorted(option.names, key=len, reverse=True))
        said = {**option.said, **({"aliases": aliases} if aliases else {})}
        by_file.setdefault(option.file, {})[name] = json.dumps(said, sort_keys=True)
    lines = [f"server: {server}", f"package: {server}", f"version: {json.dumps(version)}", "sources:"]
    for file, flags in sorted(by_file.items()):
        digest = hashlib.sha256((root / file).read_bytes()).hexdigest()
        lines += [f"- file: {file}", f"  sha256: {json.dumps(digest)}", "  flags:"]
        lines += [f"    {json.dumps(name)}: {said}" for name, said in sorted(flags.items())]
    return HEADER + "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
