"""Two people at work: random edits of a fleet, each rendered on a branch of its own, and what git makes of two of them.

An edit is a function of a folder of specs and a source of chance. It says what it did, or nothing where the fleet
does not have what it would change.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path as File
from random import Random
from typing import Any

from generator import pipeline
from generator.disk import tree
from generator.disk.folders import FOLDERS, SPECS
from generator.edit import drop, put
from generator.edit.add import remove, retire
from generator.edit.fleet import Edit, specs_of
from generator.findings.finding import has_errors
from generator.flow.rendered import Rendered
from generator.yaml.strict import read_text
from tests.edits import commit, git

TRIES = 10
Change = Callable[[File, Random], str]

TWIN = "-b"
"""End of the name of a group that is another one's twin: the clusters of the one can move to the other."""
CLUSTERS, GROUPS, MODELS = (f"{SPECS}/{name}" for name in ("near-edge", "groups", "models"))


Uses = Mapping[str, frozenset[str]]
"""Cluster -> what it uses of all that several can use: bases, and Policies of the hub by their label."""


@dataclass(frozen=True)
class Branch:
    """A commit with one edit and its output."""

    name: str
    said: str
    specs: frozenset[str]
    """Spec files that the edit touches."""
    reach: frozenset[str]
    """Clusters that are made of one of them, before or after."""
    uses: Uses = field(repr=False)


@dataclass(frozen=True)
class Merged:
    """What became of two branches: files in conflict, and those that are not as `render` makes them."""

    conflicts: tuple[str, ...] = ()
    differing: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    unsound: bool = False
    """Whether the specs of both together have errors, so that there is nothing to render."""

    @property
    def files(self) -> tuple[str, ...]:
        """Every file that is not as it should be."""
        return (*self.conflicts, *self.differing, *self.missing, *self.left)


def _files(root: File, folder: str) -> list[File]:
    return sorted((root / folder).glob("*.yaml"))


def _name(root: File, folder: str, draw: Random) -> str:
    """A name that is not there: often the next number, sometimes any word."""
    names = [path.stem for path in _files(root, folder)]
    numbered = sorted(name for name in names if name[-3:].isdigit())
    if numbered and draw.random() < 0.5:
        stem = draw.choice(numbered)[:-3]
        last = max(int(name[-3:]) for name in numbered if name.startswith(stem))
        return f"{stem}{last + draw.randint(1, 4):03}"
    while (name := "".join(draw.choices("abcdefghijklmnopqrstuvwxyz", k=6))) in names:
        pass
    return name


def _copied(path: File, new: str) -> File:
    made = path.with_name(f"{new}.yaml")
    made.write_text(put(path.read_text("utf-8"), ("metadata", "name"), new), "utf-8")
    return made


def _put(path: File, place: tuple[Any, ...], value: Any) -> None:
    path.write_text(put(path.read_text("utf-8"), place, value), "utf-8")


def _data(path: File) -> Any:
    return read_text(path.read_text("utf-8"))[0]


def add_cluster(root: File, draw: Random) -> str:
    """A cluster like another one."""
    pattern = draw.choice(_files(root, CLUSTERS))
    new = _name(root, CLUSTERS, draw)
    made = _copied(pattern, new)
    _put(made, ("metadata", "labels", "site"), new)
    return f"{new} like {pattern.stem}"


def edit_cluster(root: File, draw: Random) -> str:
    """A label, a ring, a line, more of something, or a server less."""
    path = draw.choice(_files(root, CLUSTERS))
    spec = _data(path)["spec"]
    servers = [i for i, item in enumerate(spec.get("serving", ())) if "model" in item]
    what = draw.choice(["label", "ring", "node", "pin", *(["server", "replicas"] if servers else [])])
    match what:
        case "label":
            _put(path, ("metadata", "labels", "site"), f"town-{draw.randint(1, 99)}")
        case "ring":
            _put(path, ("spec", "ring"), draw.choice(["canary", "pilot", "main"]))
        case "node" if spec.get("nodes"):
            _put(path, ("spec", "nodes", 0, "count"), draw.randint(5, 9))
        case "server":
            path.write_text(drop(path.read_text("utf-8"), ("spec", "serving", draw.choice(servers))), "utf-8")
        case "replicas":
            _put(
                path,
                ("spec", "serving", draw.choice(servers), "replicas"),
                {"min": 1, "max": draw.randint(3, 9)},
            )
        case _:
            model = draw.choice(_files(root, MODELS)).stem
            _put(path, ("spec", "pins"), {"models": {model: {"version": "2020-01-01"}}})
    return f"{what} of {path.stem}"


def _carried_out(root: File, edit: Edit) -> None:
    for file, text in edit.texts.items():
        (root / file).parent.mkdir(parents=True, exist_ok=True)
        (root / file).write_text(text, "utf-8")
    for file in edit.gone:
        (root / file).unlink()


def retire_cluster(root: File, draw: Random) -> str:
    """The first step, or with some luck both."""
    path = draw.choice(_files(root, CLUSTERS))
    _carried_out(root, retire(specs_of(root), path.stem))
    if draw.random() < 0.6:
        _carried_out(root, remove(specs_of(root), path.stem, "the site is closed"))
        return f"{path.stem}, gone"
    return path.stem


def add_model(root: File, draw: Random) -> str:
    """A model like another one, and a cluster that serves it beside that one where there is one."""
    pattern = draw.choice(_files(root, MODELS))
    new = _name(root, MODELS, draw)
    _copied(pattern, new)
    for path in draw.sample(_files(root, CLUSTERS), len(_files(root, CLUSTERS))):
        servers = _data(path)["spec"].get("serving", [])
        for item in servers:
            if item.get("model") == pattern.stem:
                _put(path, ("spec", "serving", len(servers)), {**item, "name": new, "model": new})
                return f"{new} like {pattern.stem}, on {path.stem}"
    return f"{new} like {pattern.stem}"


def edit_model(root: File, draw: Random) -> str:
    """Another version."""
    path = draw.choice(_files(root, MODELS))
    _put(path, ("spec", "version"), f"2027-{draw.randint(10, 12)}-{draw.randint(10, 28)}")
    return path.stem


def retire_model(root: File, draw: Random) -> str:
    """A model goes, with the servers that run it."""
    path = draw.choice(_files(root, MODELS))
    for user in _files(root, CLUSTERS):
        servers = _data(user)["spec"].get("serving", [])
        for i in reversed(range(len(servers))):
            if servers[i].get("model") == path.stem:
                user.write_text(drop(user.read_text("utf-8"), ("spec", "serving", i)), "utf-8")
    path.unlink()
    return path.stem


def add_group(root: File, draw: Random) -> str:
    """A group like another one, and a cluster that moves there."""
    pattern = draw.choice(_files(root, GROUPS))
    new = _name(root, GROUPS, draw)
    _copied(pattern, new)
    for path in draw.sample(_files(root, CLUSTERS), len(_files(root, CLUSTERS))):
        if _data(path)["spec"].get("groups") == [pattern.stem]:
            _put(path, ("spec", "groups"), [new])
            return f"{new} like {pattern.stem}, with {path.stem}"
    return new


def edit_group(root: File, draw: Random) -> str:
    """A label of all its namespaces, or a line."""
    path = draw.choice(_files(root, GROUPS))
    _put(path, ("spec", "connectivity", "bandwidth"), f"{draw.randint(101, 199)}Mbit")
    queues = _data(path)["spec"].get("kueue", {}).get("clusterQueues")
    if queues and draw.random() < 0.7:
        _put(path, ("spec", "kueue", "clusterQueues", 0, "cohort"), f"all-{draw.randint(1, 9)}")
    return path.stem


def retire_group(root: File, draw: Random) -> str:
    """A group goes; its clusters are its twin's from then on."""
    path = draw.choice(_files(root, GROUPS))
    twin = path.stem.removesuffix(TWIN) if path.stem.endswith(TWIN) else f"{path.stem}{TWIN}"
    if not (root / GROUPS / f"{twin}.yaml").exists():
        return ""
    for user in _files(root, CLUSTERS):
        if path.stem in _data(user)["spec"].get("groups", ()):
            _put(user, ("spec", "groups"), [twin])
    path.unlink()
    return path.stem


CHANGES: Mapping[str, Change] = {
    name: made
    for name, made in globals().items()
    if name.partition("_")[0] in {"add", "edit", "retire"} and "_" in name
}


def rendered(root: File) -> Rendered | None:
    """Bring the output of the specs to disk, as `nearedge render` does; None when they have errors."""
    made = pipeline.render(root)
    if has_errors(made.findings):
        return None
    tree.write(root, made.tree, tree.compare(root, made.tree))
    return made


def begun(root: File, fleet: File) -> Branch:
    """A repository with the specs of a fleet, some groups in it twice, and their output as its first commit."""
    shutil.copytree(fleet / SPECS, root / SPECS)
    for path in _files(root, GROUPS):
        _copied(path, f"{path.stem}{TWIN}")
        users = [user for user in _files(root, CLUSTERS) if _data(user)["spec"].get("groups") == [path.stem]]
        for user in users[::2]:
            _put(user, ("spec", "groups"), [f"{path.stem}{TWIN}"])
    git(root, "init", "--quiet", "--initial-branch=main")
    made = rendered(root)
    assert made is not None, "the fleet is sound"
    commit(root)
    return Branch("main", "", frozenset(), frozenset(), _uses(made))


def branches(root: File, main: Branch, draw: Random, number: int) -> Iterator[Branch]:
    """So many branches with an edit each, all of them sound; every kind of edit in turn."""
    made, kinds = 0, list(CHANGES)
    before = _mentions(root)
    for tried in range(TRIES * number):
        kind, name = kinds[tried % len(kinds)], f"edit-{made}"
        git(root, "checkout", "--quiet", "-B", name, main.name)
        said = CHANGES[kind](root, draw)
        found = rendered(root) if said else None
        if found is None:
            git(root, "reset", "--quiet", "--hard")
            git(root, "clean", "--quiet", "-fd")
            continue
        commit(root)
        listed = git(root, "diff", "--name-only", main.name, "HEAD", "--", SPECS).split()
        reach = _reached(listed, before) | _reached(listed, _mentions(root))
        yield Branch(name, f"{kind} {said}", frozenset(listed), reach, _uses(found))
        made += 1
        if made == number:
            return
    raise AssertionError(f"only {made} of {number} edits make sense")


def _mentions(root: File) -> dict[str, str]:
    """Cluster -> the words of its file and of its groups' files."""
    groups = {path.stem: path.read_text("utf-8") for path in _files(root, GROUPS)}
    paths = (*_files(root, CLUSTERS), *_files(root, f"{SPECS}/core"))
    texts = {path.stem: path.read_text("utf-8") for path in paths}
    used = {path.stem: _data(path)["spec"].get("groups", ()) for path in paths}
    return {name: text + "".join(groups[group] for group in used[name]) for name, text in texts.items()}


def _reached(specs: list[str], mentions: Mapping[str, str]) -> frozenset[str]:
    own = {File(file.split("/")[2]).stem for file in specs if file.split("/")[1] in {"near-edge", "core"}}
    shared = [File(file).stem for file in specs if file.split("/")[1] in {"groups", "models"}]
    words = [re.compile(rf"(?<![\w-]){name}(?![\w-])") for name in shared]
    return frozenset(own) | {name for name, text in mentions.items() if any(w.search(text) for w in words)}


def _uses(made: Rendered) -> Uses:
    labels = {
        path.rpartition("/")[2].removesuffix(".yaml"): re.findall(
            r"^    (\w+\.nearedge\.io/.*)$", text, re.MULTILINE
        )
        for path, text in made.tree.texts.items()
        if "/managedclusters/" in path
    }
    return {
        item.member.name: frozenset((*item.bases, *labels.get(item.member.name, ())))
        for item in made.clusters
        if item.member is not None
    }


def apart(main: Branch, one: Branch, two: Branch) -> bool:
    """Whether two edits have nothing to do with each other.

    No cluster is made of a spec that the one touches and of one that the other touches, and of what several clusters
    use nothing loses its last user by both together, or by the one while the other takes it up.
    """
    if one.reach & two.reach or one.specs & two.specs:
        return False
    sides = [{thing for used in branch.uses.values() for thing in used} for branch in (main, one, two)]
    both = {
        name: used
        for name in {*one.uses, *two.uses}
        if (used := _merged_use(name, main, one, two)) is not None
    }
    together = {thing for used in both.values() for thing in used}
    by_git = (sides[0] & sides[1] & sides[2]) | (sides[1] - sides[0]) | (sides[2] - sides[0])
    return together == by_git


def _merged_use(name: str, main: Branch, one: Branch, two: Branch) -> frozenset[str] | None:
    was = main.uses.get(name)
    return two.uses.get(name) if one.uses.get(name) == was else one.uses.get(name)


def merge(root: File, ours: str, theirs: str, *, look: bool = True) -> Merged:
    """Merge one branch into the other with git alone, and look at what is there.

    A merge with conflicts is left as it is.
    """
    git(root, "reset", "--quiet", "--hard")
    git(root, "clean", "--quiet", "-fd")
    git(root, "checkout", "--quiet", "--detach", ours)
    who = ("-c", "user.name=test", "-c", "user.email=test@example.com", "-c", "commit.gpgSign=false")
    command = ["git", *who, "merge", "--quiet", "--no-edit", theirs]
    done = subprocess.run(command, cwd=root, check=False, capture_output=True, text=True, timeout=60)
    if done.returncode:
        listed = git(root, "diff", "--name-only", "--diff-filter=U", "-z").split("\0")
        conflicts = tuple(path for path in listed if path)
        assert conflicts, done.stderr
        return Merged(conflicts=conflicts)
    return looked_at(root) if look else Merged()


def looked_at(root: File) -> Merged:
    """How far the files of a work tree are from what `render` makes of its specs."""
    made = pipeline.render(root)
    if has_errors(made.findings):
        return Merged(unsound=True)
    there = {
        path.relative_to(root).as_posix(): path.read_text("utf-8")
        for folder in FOLDERS
        for path in (root / folder).rglob("*")
        if path.is_file()
    }
    wanted = made.tree.texts
    return Merged(
        differing=tuple(sorted(path for path in there.keys() & wanted.keys() if there[path] != wanted[path])),
        missing=tuple(sorted(wanted.keys() - there.keys())),
        left=tuple(sorted(there.keys() - wanted.keys())),
    )
