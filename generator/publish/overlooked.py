"""Why Git does not take a file as it is on disk, and what somebody can do about it: ignored, hidden, filtered, elsewhere."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import PurePosixPath

from ..disk.folders import SPECS
from ..git.command import git
from .checkout import Checkout, literal
from .errors import PublishRefused

_SKIPPED = "S"
"""Tag of `git ls-files -v`; one in small letters stands for a file that is assumed not to change."""


class Overlooked(PublishRefused):
    """What would be published is not what was judged: Git leaves a file out, or has another one."""

    def __init__(self, why: str, *, more: int = 0) -> None:
        others = (
            f" ({more} more {'file is' if more == 1 else 'files are'} not what was judged)" if more else ""
        )
        super().__init__(f"{why}{others}; nothing was published")


def is_spec_path(path: str) -> bool:
    """Whether a path below the fleet's folder is called as a spec."""
    return path.startswith(f"{SPECS}/") and path.endswith(".yaml")


def refuse_ignored(checkout: Checkout, paths: Iterable[str]) -> None:
    """Git takes in what is about to be written.

    Raises:
        Overlooked: it ignores a file; with the line that makes it.
    """
    listed = "".join(f"{checkout.prefix}{path}\0" for path in paths)
    done = git(checkout.top, "check-ignore", "-z", "--stdin", stdin=listed, accept=(0, 1)) if listed else None
    ignored = [path for path in done.stdout.split("\0") if path] if done else []
    if ignored:
        first = min(ignored).removeprefix(checkout.prefix)
        raise Overlooked(why_left_out(checkout, first, None), more=len(ignored) - 1)


def why_left_out(checkout: Checkout, path: str, stored: str | None) -> str:
    """One sentence about a file of the fleet of which Git would commit nothing, or the content `stored`."""
    whole = f"{checkout.prefix}{path}"
    nested = _repository_around(checkout, whole)
    if nested:
        return (
            f"{whole} lies in {nested}, a Git repository of its own, so no commit here holds it: "
            "have it in this repository"
        )
    if stored is None:
        rule = _rule(checkout, whole)
        if rule:
            return f"git ignores {whole}, which has to be committed: mend {rule}"
        return f"git does not take {whole}, which has to be committed: git status says why"
    return _hidden(checkout, whole) or _other_bytes(checkout, whole, stored)


def _hidden(checkout: Checkout, path: str) -> str:
    """What a flag of Git's index does to a file; "" where there is none."""
    tag = git(checkout.top, "ls-files", "-v", "-z", "--", literal(path)).stdout[:1]
    if tag == _SKIPPED and not (checkout.top / path).exists():
        return (
            f"{path} is committed, but not here, as a sparse checkout leaves it out: what cannot be judged is not "
            "published. git sparse-checkout disable brings it in"
        )
    if tag == _SKIPPED:
        return f"git takes no notice of {path}: git update-index --no-skip-worktree {path}"
    if tag and tag == tag.lower():
        return f"git takes no notice of {path}: git update-index --no-assume-unchanged {path}"
    return ""


def _other_bytes(checkout: Checkout, path: str, stored: str) -> str:
    made = git(checkout.top, "hash-object", "--", path, accept=(0, 128)).stdout.strip()
    if made == stored:
        how = _filter(checkout, path)
        return f"git stores other bytes of {path} than those on disk, which were judged: {how}"
    return f"what git has of {path} is not what is on disk: git add {path}, or git status to see why"


def _repository_around(checkout: Checkout, path: str) -> str:
    """The folder between the top and a file that is a repository itself, as a submodule is; "" when there is none."""
    parents = [parent.as_posix() for parent in PurePosixPath(path).parents][:-1]
    return next((parent for parent in parents if (checkout.top / parent / ".git").exists()), "")


def _rule(checkout: Checkout, path: str) -> str:
    """What makes Git ignore a file: `line 3 of .gitignore (*.yaml)`; "" when nothing does."""
    asked = ("check-ignore", "--verbose", "-z", "--stdin")
    told = git(checkout.top, *asked, stdin=f"{path}\0", accept=(0, 1, 128)).stdout.split("\0")
    if len(told) < 4:  # noqa: PLR2004 - source, line, pattern, path
        return ""
    source, line, pattern = told[:3]
    return f"line {line} of {source} ({pattern})"


def _filter(checkout: Checkout, path: str) -> str:
    """What is to be done about what changes the bytes on their way."""
    asked = ("check-attr", "-z", "filter", "text", "eol", "ident", "working-tree-encoding", "--", path)
    told = git(checkout.top, *asked, accept=(0, 128)).stdout.split("\0")
    said = {
        name: value
        for name, value in zip(told[1::3], told[2::3], strict=False)
        if value not in {"unspecified", "unset", ""}
    }
    raw = (checkout.top / path).read_bytes()
    if b"\r\n" in raw and set(said) <= {"text", "eol"}:
        return "save it with line ends of LF alone, as git does (core.autocrlf, text)"
    listed = ", ".join(f"{name}={value}" for name, value in said.items())
    return f"take {listed or 'the filter'} from it in .gitattributes"
