"""The tree of a commit, told before the commit is made, and held against what was judged and proven.

    HEAD, the judged specs, the output to be written -> Stored: the tree's id, its files, those that are others than before

Git makes it in an index and an object store of their own, so nothing of the repository is another afterwards. What is
committed has to have this id: then every byte of it is one that was judged, whatever filters, hooks or flags Git has.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path as File

from ..disk.plain import digest, read_plain
from ..disk.specs import Digests, SpecsMoved
from ..disk.tree import Changes, Tree
from ..git.command import git
from ..git.commit import blob_id
from .checkout import Checkout, literal, owned
from .overlooked import Overlooked, is_spec_path, why_left_out

_SHA1 = 40
_PLAIN_INDEX = {"core.sparseCheckout": "false", "core.splitIndex": "false"}
"""Otherwise git add takes nothing that a sparse checkout would not have, though it is there; and half of a split index
lies in the repository."""


@dataclass(frozen=True)
class Stored:
    """A tree as Git has it: its id, and of the fleet's folders every plain file with the id of its content."""

    id: str
    blobs: Mapping[str, str]
    """Path below the fleet's folder -> blob."""
    changed: frozenset[str]
    """Those that are others than at the commit that it is for, or are not there any more."""

    @property
    def sha256(self) -> bool:
        """Whether the repository names objects by SHA-256."""
        return len(self.id) > _SHA1


def future_tree(
    checkout: Checkout, tree: Tree, changes: Changes, files: Iterable[str], base: str | None
) -> Stored:
    """The tree of a commit of `files` (paths below `top` that differ from HEAD) and of the changes of the output.

    Raises:
        GitFailed: git cannot read or store one of them.
    """
    prefix = checkout.prefix
    made = {f"{prefix}{path}": tree.texts[path] for path in changes.written}
    gone = frozenset(f"{prefix}{path}" for path in changes.removed)
    on_disk = [path for path in files if path not in made and path not in gone]
    with _apart(checkout) as (folder, env):
        git(checkout.top, "read-tree", checkout.head or "--empty", env=env, settings=_PLAIN_INDEX)
        if on_disk:
            listed = "".join(f"{literal(path)}\0" for path in on_disk)
            given = ("--all", "--pathspec-from-file=-", "--pathspec-file-nul")
            git(checkout.top, "add", *given, env=env, stdin=listed, settings=_PLAIN_INDEX)
        if made or gone:
            _stage_output(checkout, folder, made, gone, env)
        return stored(checkout, base, env)


def _stage_output(
    checkout: Checkout, folder: File, made: Mapping[str, str], gone: Iterable[str], env: Mapping[str, str]
) -> None:
    """Have texts in the index that are on no disk yet, with the rights that Git knows of; and others no more."""
    modes = dict(_modes(checkout, env))
    ids = _stored_blobs(checkout, folder, made.values(), env)
    nothing = "0" * (len(checkout.head or "") or _SHA1)
    staged = (f"{modes.get(path, '100644')} {blob}\t{path}\0" for path, blob in zip(made, ids, strict=True))
    lines = "".join((*staged, *(f"0 {nothing}\t{path}\0" for path in sorted(gone))))
    asked = ("update-index", "-z", "--index-info")
    git(checkout.top, *asked, env=env, settings=_PLAIN_INDEX, stdin=lines)


def stored(checkout: Checkout, base: str | None, env: Mapping[str, str] | None = None) -> Stored:
    """The tree of what is staged, held against a commit; `env` says in which index."""
    tree = git(checkout.top, "write-tree", env=env).stdout.strip()
    blobs = dict(_in_tree(checkout, tree, env))
    if base is None:
        return Stored(tree, blobs, frozenset(blobs))
    options = ("-r", "-z", "--name-only", "--no-renames", "--no-ext-diff")
    folders = (literal(path) for path in owned(checkout))
    differ = git(checkout.top, "diff-tree", *options, base, tree, "--", *folders, env=env).stdout.split("\0")
    return Stored(tree, blobs, frozenset(path.removeprefix(checkout.prefix) for path in differ if path))


def refuse_others(
    checkout: Checkout, found: Stored, judged: Digests, tree: Tree, texts: Mapping[str, str]
) -> None:
    """The tree holds every spec that was judged and every file of the output, byte by byte, and no other spec.

    `texts` are those files of the output that are not on disk yet.

    Raises:
        SpecsMoved: a spec was saved since it was judged.
        Overlooked: Git leaves a file out, keeps an older one or stores other bytes; with what to do about it.
    """
    wrong = sorted(_wrong(checkout, found, judged, tree, texts))
    if wrong:
        raise Overlooked(why_left_out(checkout, wrong[0], found.blobs.get(wrong[0])), more=len(wrong) - 1)


def _wrong(
    checkout: Checkout, found: Stored, judged: Digests, tree: Tree, texts: Mapping[str, str]
) -> Iterator[str]:
    root = checkout.root
    for path, known in judged.items():
        raw = read_plain(root / path)
        if raw is None or digest(raw) != known:
            raise SpecsMoved(file=path)
        if found.blobs.get(path) != blob_id(raw, sha256=found.sha256):
            yield path
    for path in {*tree.texts, *tree.same}:
        raw = texts[path].encode() if path in texts else read_plain(root / path)
        if raw is None or found.blobs.get(path) != blob_id(raw, sha256=found.sha256):
            yield path
    yield from (path for path in found.blobs if is_spec_path(path) and path not in judged)


def contents_of(
    checkout: Checkout, found: Stored, paths: Iterable[str], texts: Mapping[str, str]
) -> Iterator[tuple[str, bytes]]:
    """Files of the tree with their bytes, which are those that its ids name.

    Raises:
        Overlooked: Git stores other bytes of one.
    """
    for path in paths:
        raw = texts[path].encode() if path in texts else read_plain(checkout.root / path)
        if raw is None or blob_id(raw, sha256=found.sha256) != found.blobs[path]:
            raise Overlooked(why_left_out(checkout, path, found.blobs[path]))
        yield path, raw


def refuse_another(checkout: Checkout, commit: str, wanted: Stored) -> None:
    """A commit has the tree that was proven.

    Raises:
        Overlooked: it has another one; the sentence names a file.
    """
    tree = git(checkout.top, "rev-parse", f"{commit}^{{tree}}").stdout.strip()
    if tree == wanted.id:
        return
    blobs = dict(_in_tree(checkout, tree))
    both = {*blobs, *wanted.blobs}
    first = min((path for path in both if blobs.get(path) != wanted.blobs.get(path)), default=None)
    what = f"{checkout.prefix}{first}" if first else "a file outside of the fleet"
    raise Overlooked(f"{what} in the commit is not what was proven: a hook or a filter of Git changed it")


@contextmanager
def _apart(checkout: Checkout) -> Iterator[tuple[File, dict[str, str]]]:
    """A folder with an index and an object store of its own, and the environment in which git uses these."""
    # Below `top`, whose own name need not be UTF-8, as what git prints has to be.
    below = git(checkout.top, "rev-parse", "--git-path", "objects").stdout.rstrip("\n")
    # In quotes, as a colon would end the path (git(1), GIT_ALTERNATE_OBJECT_DIRECTORIES).
    real = json.dumps(str(checkout.top / below), ensure_ascii=False)
    with tempfile.TemporaryDirectory(prefix="nearedge-tree-") as name:
        folder = File(name)
        (folder / "objects").mkdir()
        yield (
            folder,
            {
                "GIT_INDEX_FILE": str(folder / "index"),
                "GIT_OBJECT_DIRECTORY": str(folder / "objects"),
                "GIT_ALTERNATE_OBJECT_DIRECTORIES": real,
            },
        )


def _stored_blobs(
    checkout: Checkout, folder: File, texts: Collection[str], env: Mapping[str, str]
) -> list[str]:
    """Ids of these texts, which are stored as they are."""
    if not texts:
        return []
    for i, text in enumerate(texts):
        (folder / str(i)).write_bytes(text.encode())
    paths = "".join(f"{folder / str(i)}\n" for i in range(len(texts)))
    done = git(checkout.top, "hash-object", "-w", "--no-filters", "--stdin-paths", env=env, stdin=paths)
    return done.stdout.split()


def _modes(checkout: Checkout, env: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    folders = (literal(path) for path in owned(checkout))
    for entry in git(checkout.top, "ls-files", "--stage", "-z", "--", *folders, env=env).stdout.split("\0"):
        head, _, path = entry.partition("\t")
        if path:
            yield path, head.split(" ")[0]


def _in_tree(
    checkout: Checkout, tree: str, env: Mapping[str, str] | None = None
) -> Iterator[tuple[str, str]]:
    listed = git(checkout.top, "ls-tree", "-r", "-z", tree, "--", *owned(checkout), env=env).stdout.split(
        "\0"
    )
    for entry in listed:
        head, _, path = entry.partition("\t")
        if path and head.startswith("100"):
            yield path.removeprefix(checkout.prefix), head.split(" ")[2]
