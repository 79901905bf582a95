"""Proofs that runs on several machines have in common: a folder that whoever runs nearedge names (`NEAREDGE_CACHE`).

    <folder>/proofs/<what judges>/<first two digits of the key>     a file of facts, with its own digest in front

It is believed because of where it lies: its name comes from the environment of the operator, and a folder in the judged
repository is refused (cli/remembered.py), as what lies there came with a commit. Whoever may write to it can vouch for a
proof. A file that is half written, cut or changed has another digest and counts for nothing.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from itertools import groupby
from pathlib import Path as File

from ..disk.plain import digest, read_plain

MOST = 1_000
"""Facts in one file; older ones go. 256 files of these are enough for a quarter of a million folders."""


def read_shared(folder: File, context: str, keys: Iterable[str]) -> dict[str, str]:
    """Key -> fact, as text, of those of `keys` that are there."""
    found: dict[str, str] = {}
    for start, wanted in groupby(sorted(keys), _start):
        facts = _read(_file(folder, context, start))
        found |= {key: facts[key] for key in wanted if key in facts}
    return found


def keys_shared(folder: File, context: str) -> Iterator[str]:
    """The keys of all facts that are there."""
    for file in sorted((folder / "proofs" / context).glob("[0-9a-f][0-9a-f]")):
        yield from _read(file)


def write_shared(folder: File, context: str, facts: Mapping[str, str]) -> None:
    """Have these facts there as well. Failing to is no failure, and of two writers at a time one may win."""
    for start, keys in groupby(sorted(facts), _start):
        file = _file(folder, context, start)
        there = _read(file)
        new = {key: facts[key] for key in keys if key not in there}
        if new:
            with suppress(OSError):
                _write(file, {**there, **new})


def _start(key: str) -> str:
    return key[:2]


def _file(folder: File, context: str, start: str) -> File:
    return folder / "proofs" / context / start


def _read(file: File) -> dict[str, str]:
    seal, _, body = (read_plain(file) or b"").partition(b"\n")
    if seal.decode("ascii", "replace") != _seal(file, body):
        return {}
    lines = (line.partition("\t") for line in body.decode("utf-8", "replace").split("\n"))
    return {key: fact for key, _, fact in lines if fact}


def _seal(file: File, body: bytes) -> str:
    """Of what is in the file and of where it belongs: facts of other versions are not those of these."""
    return digest(f"{file.parent.name}/{file.name}\n".encode() + body)


def _write(file: File, facts: Mapping[str, str]) -> None:
    body = "".join(f"{key}\t{line}\n" for key, line in list(facts.items())[-MOST:]).encode()
    file.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=file.parent, prefix=".", delete=False) as new:
        new.write(f"{_seal(file, body)}\n".encode() + body)
    os.chmod(new.name, 0o644)  # noqa: PTH101 - others read it; a temporary file is its owner's alone
    File(new.name).replace(file)
