"""Commands in processes of their own that need no start: a server that has imported nearedge forks for each.

What a shell does with standard streams is done before the command begins; what Python does with them, at the start and
at the end of a process, is done as it does it.
"""

from __future__ import annotations

import io
import multiprocessing
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path as File
from typing import Literal, NamedTuple

from generator.cli import main

Stream = Literal["kept", "closed", "full", "unread"]
"""Kept in a file, closed, on a full disk, or a pipe whose reader has gone."""


class Done(NamedTuple):
    """How a command ended, and what it wrote."""

    returncode: int | None
    stdout: str
    stderr: str


def forked(
    arguments: Sequence[str], cwd: File, *, out: Stream = "kept", err: Stream = "kept", stdin: Stream = "kept"
) -> Done:
    """Run a command in a folder.

    Raises:
        TimeoutError: it does not end.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.warm"])
    with tempfile.TemporaryDirectory() as name:
        files = File(name, "out"), File(name, "err")
        for file in files:
            file.touch()
        process = context.Process(target=_child, args=(tuple(arguments), cwd, (stdin, out, err), files))
        process.start()
        process.join(300)
        if process.exitcode is None:
            process.kill()
            raise TimeoutError(f"{' '.join(arguments)} does not end")
        return Done(process.exitcode, *(file.read_text("utf-8") for file in files))


def _child(
    arguments: tuple[str, ...], cwd: File, streams: tuple[Stream, ...], files: tuple[File, ...]
) -> None:
    os.chdir(cwd)
    for number, (stream, file) in enumerate(zip(streams, (File(os.devnull), *files), strict=True)):
        _redirect(number, stream, file)
    os._exit(run(arguments, streams))


def run(arguments: Sequence[str], streams: tuple[Stream, ...] = ("kept", "kept", "kept")) -> int:
    """The exit code of a command in this process, whose streams are these; nothing else is done in it afterwards."""
    read = None if streams[0] == "closed" else io.TextIOWrapper(io.FileIO(0, closefd=False), "utf-8")
    written = [_writer(1, streams[1]), _writer(2, streams[2])]
    for name, opened in zip(("stdin", "stdout", "stderr"), (read, *written), strict=True):
        setattr(sys, name, opened)
        setattr(sys, f"__{name}__", opened)
    try:
        code = main(arguments)
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else 1
    return _flushed(code, written)


def _redirect(number: int, stream: Stream, file: File) -> None:
    if stream == "closed":
        os.close(number)
        return
    if stream == "unread":
        reader, opened = os.pipe()
        os.close(reader)
    else:
        opened = os.open("/dev/full" if stream == "full" else file, os.O_RDWR)
    os.dup2(opened, number)
    os.close(opened)


def _writer(number: int, stream: Stream) -> io.TextIOWrapper | None:
    if stream == "closed":
        return None
    errors = "backslashreplace" if number == 2 else "strict"
    return open(number, "w", encoding="utf-8", errors=errors, closefd=False)


def _flushed(code: int, streams: Sequence[io.TextIOWrapper | None]) -> int:
    """The exit code of a process that has something left which cannot be written any more: Python's 120."""
    for stream in streams:
        try:
            if stream is not None:
                stream.flush()
        except OSError as error:
            os.write(2, f"Exception ignored: {error}\n".encode())
            return 120
    return code
