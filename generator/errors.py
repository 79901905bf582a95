"""What a user cannot mend in a spec: few exceptions, each one whole sentence.

    NearedgeError
    ├── ToolMissing     a binary that a command needs is not there
    ├── ToolFailed      a binary ran and failed, or took too long
    ├── Unwritable      the output tree cannot be written
    └── BaseDiffers     nearedge is wrong about a base

The command line turns every one of them into its sentence and exit code 3.
"""

from __future__ import annotations

from collections.abc import Sequence


class NearedgeError(Exception):
    """Base of all: the message is a sentence for a person."""

    exit_code = 3


class ToolMissing(NearedgeError):
    """A binary that a command needs is not on this machine."""

    def __init__(self, *, tool: str, hint: str) -> None:
        self.tool, self.hint = tool, hint
        super().__init__(f"{tool} was not found: {hint}")


class ToolFailed(NearedgeError):
    """A binary ran and failed, or did not end in time."""

    def __init__(self, *, command: Sequence[str], reason: str, stderr: str = "") -> None:
        self.command = tuple(command)
        self.stderr = stderr
        tail = stderr.strip()[-2000:]
        super().__init__(f"{' '.join(command)} {reason}" + (f": {tail}" if tail else ""))


class Unwritable(NearedgeError):
    """A file of the output tree cannot be written or removed; nothing beyond it was touched."""

    def __init__(self, *, path: str, reason: str) -> None:
        self.path = path
        super().__init__(f"{path} cannot be written: {reason}")


class BaseDiffers(NearedgeError):
    """Two clusters would give one base another content: a fault of nearedge's own, found before anything is written."""

    def __init__(
        self, *, path: str, clusters: tuple[str, str], lines: tuple[int, str | None, str | None]
    ) -> None:
        self.path = path
        self.clusters = clusters
        number, *texts = lines
        said = ["nothing" if text is None else repr(text.strip()) for text in texts]
        super().__init__(
            f"line {number} of {path} is {said[0]} for {clusters[0]} and {said[1]} for {clusters[1]}, but a base is "
            "the same for all: this is a fault of nearedge, not of the specs, and nothing was written"
        )
