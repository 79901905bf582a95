"""What is said at the end: which repository and CI it is, and what is to be done next."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path as File
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ...edit.starts import Start
    from .forge import Chosen
    from .place import Remote

IGNORED = "/.nearedge/"


def told(start: Start, root: File, remote: Remote, chosen: Chosen) -> Iterator[str]:
    """The repository, the CI, and the next steps where README.md does not have them."""
    yield from _repository(start, remote)
    if chosen.ci and chosen.why:
        yield f"CI: {', '.join(chosen.ci)}, {chosen.why}\n"
    elif chosen.why:
        yield f"CI: none, as {chosen.why}; nearedge init --ci writes it\n"
    if not _ignores(root):
        yield f".gitignore: it was there already; add {IGNORED} to it\n"
    yield from _next(start, root)


def _repository(start: Start, remote: Remote) -> Iterator[str]:
    from ...edit.init import EXAMPLE_URL
    from ...git.command import cleaned

    if start.repository and remote.url:
        yield f"repository: {start.repository}, as the remote {remote.name} says\n"
    elif not start.repository:
        why = (
            f"the remote {remote.name} ({cleaned(remote.url)}) is nothing that clusters can pull"
            if remote.url
            else "nobody said where this repository is"
        )
        yield f"repository: {EXAMPLE_URL} is an example, as {why}: nearedge set --fleet repository.url URL\n"


def _ignores(root: File) -> bool:
    try:
        text = (root / ".gitignore").read_text("utf-8", "replace")
    except OSError:
        return True
    return any(line.strip().strip("/") == IGNORED.strip("/") for line in text.splitlines())


def _next(start: Start, root: File) -> Iterator[str]:
    from ...edit.init import steps
    from ...edit.starts import seed_of

    readme = root / "README.md"
    text = readme.read_text("utf-8", "replace") if readme.is_file() else ""
    todo = steps(seed_of(start))
    if todo[-1] in text:
        yield f"next: read README.md in {root}, and say in clusters/ what is yours\n"
        return
    yield "next:\n"
    yield from (f"  {i}. {step.replace('`', '')}\n" for i, step in enumerate(todo, 1))


def listed(texts: Mapping[str, object], new: Mapping[str, object], machine: tuple[str, ...]) -> list[str]:
    """Each file that is a person's with what became of it, and how many are not."""
    told = [path for path in texts if not path.startswith(machine)]
    number = sum(path.startswith(machine) for path in new)
    lines = [f"  {'new' if path in new else 'kept':8} {path}\n" for path in told]
    return [*lines, f"  {'output':8} {number} files written\n"] if number else lines
