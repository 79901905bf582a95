"""What an earlier run left behind counts while all that it came from is as it was, and not a byte longer."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from pathlib import Path as File
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from generator.disk.contents import contents
from generator.disk.tree import Tree
from generator.documents.files import read_file
from generator.findings.finding import Finding, Severity, Where
from generator.fleet.fleet import Member
from generator.flow import cache
from generator.flow.cache import CACHE, recall, save, vouched
from generator.flow.inputs import told
from generator.flow.rendered import CompiledCluster, Rendered, Whole
from generator.rules.waivers import Waiver
from tests.repositories import copy_of

USED = ("clusters/groups/shops.yaml", "clusters/models/shelf.yaml")
"""Shared files that both clusters are made of."""
ONE, OTHER = "clusters/near-edge/edge-1.yaml", "clusters/near-edge/edge-2.yaml"
BASE, HUB = "base/odh-3.4/serving/shops/ai.till/resources.yaml", "acm/hub/placement.yaml"
SPECS = {
    "clusters/fleet.yaml": "kind: Fleet\n",
    "clusters/groups/shops.yaml": "kind: Group\n",
    "clusters/groups/emea/large.yaml": "kind: Group\n",
    "clusters/models/shelf.yaml": "kind: Model\n",
    "clusters/removals.yaml": "kind: Removals\n",
    ONE: "kind: Cluster\n",
    OTHER: "kind: Cluster\n",
}
CODE = {
    "cli/here.py": "print()\n",
    "data/profiles/odh-3.4.yaml": "kueue: v1beta1\n",
    "data/health/job.lua": "return {}\n",
    "templates/values.md.j2": "{{ x }}\n",
    "README.md": "nothing that is run\n",
}
WARNED = Finding(
    Where("clusters/groups/shops.yaml", 3, 5),
    Severity.WARNING,
    "SERVE014",
    "one\nreplica \N{EM DASH} of 2",
    "say 2",
    ("serving", 0, "replicas"),
    (Where("clusters/models/shelf.yaml", 2, 1),),
)
OF_FLEET = Finding(Where("clusters/fleet.yaml", 9, 1), Severity.NOTE, "HUB013", "slow")
WAIVER = Waiver(Where(ONE, 8, 4), "SERVE014", "until spring", "2027-03-31", "serving[till]", ("serving", 0))
FULL = Member(
    name="edge-1",
    file=ONE,
    tier="near-edge",
    ring="canary",
    labels={"region": "emea", "a": ""},
    namespaces=(("ai", (("managed-by", "argocd"),)), ("lab", ())),
    profile="odh-3.4",
    openshift=True,
    operators=(("kueue", ("Deployment", "Pod")), ("lvms", ())),
    repositories=("quay.io/acme/ovms",),
    credentials=(("models", "s3", True, ("ai",), (("id", "key"),), ""),),
    mirrored=True,
    trained=(("shelf", "8", False, "ray", 0),),
    fetched=("till",),
    hub="hub",
    models=("shelf", "till"),
    images=("ovms",),
    longest=600,
    endless=(("ray", 0, "tune"),),
    silence="72h",
    window="Sun 02:00-06:00 UTC",
    builds="ai-builds",
    checks=("ai-serving", "tills"),
    starts=True,
    registration=(True, "slow-line", ("searchCollector",), ("vault", "ClusterSecretStore", "edge")),
    trains=True,
    workbenches=True,
    applications=2,
    access=(("vision", "ai"),),
)
"""A member of which every field says something."""


def put(root: File, texts: dict[str, str]) -> None:
    for path, text in texts.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")


@pytest.fixture
def package(tmp_path: File, monkeypatch: pytest.MonkeyPatch) -> File:
    """nearedge's own files, few enough to change them."""
    put(tmp_path / "package", CODE)
    monkeypatch.setattr(cache, "PACKAGE", tmp_path / "package")
    # Each look at the cache is that of another process.
    monkeypatch.setattr(cache, "contents_once", contents)
    return tmp_path / "package"


@pytest.fixture
def root(tmp_path: File, package: File) -> File:
    """A repository of two clusters that was rendered."""
    assert package.is_dir()
    put(tmp_path / "fleet", SPECS)
    rendered(
        tmp_path / "fleet", compiled(ONE, FULL), compiled(OTHER, replace(FULL, name="edge-2", file=OTHER))
    )
    return tmp_path / "fleet"


def compiled(file: str, member: Member | None, *findings: Finding, **said: Any) -> CompiledCluster:
    name = file.rpartition("/")[2].removesuffix(".yaml")
    files = {f"overlays/{name}/kustomization.yaml": f"resources: [{name}]\n"}
    bases = (BASE.rpartition("/")[0],)
    known: dict[str, Any] = {"bases": bases, "objects": 12, "waivers": (WAIVER,), "uses": USED, **said}
    return CompiledCluster(file, findings or (WARNED,), member, files, **known)


def rendered(root: File, *clusters: CompiledCluster) -> Rendered:
    """A run that compiles these clusters, writes its tree and remembers it."""
    texts = {path: text for item in clusters for path, text in item.files.items()}
    tree = Tree({**texts, BASE: "kind: List\n", HUB: "kind: Placement\n"})
    put(root, dict(tree.texts))
    whole = Whole((("", OF_FLEET), ("edge-1", WARNED)), frozenset({HUB}), 7)
    done = Rendered((), tree, clusters=clusters, whole=whole)
    memory = recall(root)
    documents = {file: item for file in memory.shared if (item := read_file(root, file)[0])}
    save(root, done, replace(memory, shared=told(memory.shared, documents), documents=documents))
    return done


def known(root: File, file: str = ONE) -> CompiledCluster | None:
    """What is known of a cluster as it is on disk now."""
    return recall(root).compiled(root, file)


def test_what_is_remembered_comes_back(root: File) -> None:
    memory = recall(root)
    assert memory.valid
    assert memory.whole == Whole((("", OF_FLEET), ("edge-1", WARNED)), frozenset({HUB}), 7)
    assert (set(memory.bases), set(memory.hub)) == ({BASE}, {HUB})
    was, found = compiled(ONE, FULL), known(root)
    assert found is not None
    assert found == replace(was, files={}, kept=("overlays/edge-1/kustomization.yaml",))
    # Two findings are equal wherever their paths lead.
    assert [(item.path, item.related) for item in found.findings] == [(WARNED.path, WARNED.related)]
    assert all(getattr(FULL, item.name) for item in fields(Member)), "no field is left at its default"


def edit(path: str, text: str = "changed\n") -> Callable[[File], None]:
    return lambda folder: put(folder, {path: text})


def gone(path: str) -> Callable[[File], None]:
    return lambda folder: (folder / path).unlink()


VOID: dict[str, tuple[str, Callable[[File], None]]] = {
    "a changed profile": ("package", edit("data/profiles/odh-3.4.yaml")),
    "a new profile": ("package", edit("data/profiles/odh-3.5.yaml")),
    "another nearedge": ("package", edit("cli/here.py")),
    "a nearedge with one module more": ("package", edit("cli/there.py")),
    "a nearedge with one module less": ("package", gone("cli/here.py")),
    "a changed template": ("package", edit("templates/values.md.j2")),
    "a changed health check": ("package", edit("data/health/job.lua")),
    "a changed fleet": ("fleet", edit("clusters/fleet.yaml", "kind: Other\n")),
    "a fleet that says nothing": ("fleet", edit("clusters/fleet.yaml")),
    "a removed group": ("fleet", gone("clusters/groups/shops.yaml")),
    "a new group": ("fleet", edit("clusters/groups/plants.yaml")),
    "a removed model": ("fleet", gone("clusters/models/shelf.yaml")),
    "a new model": ("fleet", edit("clusters/models/chat.yaml")),
    "a changed base": ("fleet", edit(BASE)),
    "a removed base": ("fleet", gone(BASE)),
}


@pytest.mark.parametrize("name", VOID)
def test_it_voids_all(tmp_path: File, root: File, name: str) -> None:
    assert recall(root).valid
    folder, change = VOID[name]
    change(tmp_path / folder)
    assert not recall(root).valid
    assert known(root) is None


USERS: dict[str, Callable[[File], None]] = {
    "a changed group": edit("clusters/groups/shops.yaml", "kind: Other\n"),
    "a group that says nothing": edit("clusters/groups/shops.yaml"),
    "a changed model": edit("clusters/models/shelf.yaml", "kind: Other\n"),
    "a comment in a file where something is found": edit(
        "clusters/groups/shops.yaml", "# seen\nkind: Group\n"
    ),
}
NO_USERS: dict[str, Callable[[File], None]] = {
    "a group of others": edit("clusters/groups/emea/large.yaml", "kind: Other\n"),
    "a comment in the fleet's file": edit("clusters/fleet.yaml", "# seen\nkind: Fleet\n"),
    "a comment in a group of others": edit("clusters/groups/emea/large.yaml", "kind: Group # seen\n"),
}


@pytest.mark.parametrize("name", USERS)
def test_it_voids_those_who_use_it(root: File, name: str) -> None:
    fleet = recall(root)
    USERS[name](root)
    memory = recall(root)
    assert memory.valid
    assert memory.compiled(root, ONE) is None
    assert memory.right == fleet.right - memory.moves.changed


@pytest.mark.parametrize("name", NO_USERS)
def test_it_voids_no_cluster(root: File, name: str) -> None:
    NO_USERS[name](root)
    assert known(root)
    assert known(root, OTHER)


def test_two_files_that_change_their_texts_void_their_users(root: File) -> None:
    put(root, {"clusters/groups/shops.yaml": "a: 1\n", "clusters/models/shelf.yaml": "b: 1\n"})
    rendered(root, compiled(ONE, FULL))
    assert known(root)
    put(root, {"clusters/groups/shops.yaml": "b: 1\n", "clusters/models/shelf.yaml": "a: 1\n"})
    assert known(root) is None


def files_in(root: File) -> list[File]:
    """All files but those of nearedge's own, which are sealed."""
    return [path for path in root.rglob("*") if path.is_file() and ".nearedge" not in path.parts[:-1]]


def later(root: File) -> None:
    """Every file has the time of another day, as after a checkout."""
    for path in files_in(root):
        os.utime(path, (1, 1))


def rewritten(root: File) -> None:
    """Every file is another one with the same bytes."""
    for path in files_in(root):
        shutil.copy(path, path.with_name("copied"))
        path.with_name("copied").replace(path)


KEPT: dict[str, tuple[str, Callable[[File], None]]] = {
    "times of specs and output": ("fleet", later),
    "times of nearedge's files": ("package", later),
    "the same bytes in other files": ("fleet", rewritten),
    "what is no code": ("package", edit("README.md")),
    "compiled code": ("package", edit("cli/__pycache__/here.cpython-311.pyc")),
    "named removals, which nothing is compiled from": ("fleet", edit("clusters/removals.yaml")),
    "a file of somebody else among the bases": ("fleet", edit("base/notes.md")),
}


@pytest.mark.parametrize("name", KEPT)
def test_it_voids_nothing(tmp_path: File, root: File, name: str) -> None:
    folder, change = KEPT[name]
    change(tmp_path / folder)
    assert recall(root).valid
    assert known(root)
    assert known(root, OTHER)


def test_another_place_voids_nothing(root: File, tmp_path: File) -> None:
    assert known(root)
    assert known(copy_of(root, tmp_path / "copy")) == known(root)


OWN: dict[str, Callable[[File], None]] = {
    "its spec": edit(ONE),
    "its overlay": edit("overlays/edge-1/kustomization.yaml"),
    "its overlay is gone": gone("overlays/edge-1/kustomization.yaml"),
    "its spec is gone": gone(ONE),
}


@pytest.mark.parametrize("name", OWN)
def test_it_voids_one_cluster(root: File, name: str) -> None:
    OWN[name](root)
    assert known(root) is None
    assert known(root, OTHER)


def test_a_changed_file_of_the_hub_voids_what_the_fleet_gave_together(root: File) -> None:
    clusters = {file: found for file in (ONE, OTHER) if (found := known(root, file))}
    assert recall(root).whole_of(clusters) == recall(root).whole
    edit(HUB)(root)
    memory = recall(root)
    assert memory.valid
    assert memory.whole_of(clusters) is None


@pytest.fixture
def others(root: File) -> dict[str, CompiledCluster]:
    """The clusters as they are known, but that the first one was compiled again."""
    found = known(root, OTHER)
    assert found is not None
    return {ONE: compiled(ONE, FULL), OTHER: found}


def test_the_whole_is_the_same_while_the_hub_sees_the_same(
    root: File, others: dict[str, CompiledCluster]
) -> None:
    memory = recall(root)
    quiet = replace(memory, whole=replace(memory.whole, found=(("", OF_FLEET),)))
    assert quiet.whole_of(others) == quiet.whole
    # What is told of a member stands at a line of a file that changed.
    at = replace(WARNED, where=Where(ONE, 1, 1))
    assert replace(memory, whole=Whole((("edge-1", at),))).whole_of(others) is None


@pytest.mark.parametrize("field", [item.name for item in fields(Member)])
def test_the_whole_is_asked_again_when_the_hub_sees_something_else(
    root: File, others: dict[str, CompiledCluster], field: str
) -> None:
    value = getattr(FULL, field)
    changed: Any = not value if isinstance(value, bool) else None if isinstance(value, str) else type(value)()
    others[ONE] = compiled(ONE, replace(FULL, **{field: changed}))
    assert recall(root).whole_of(others) is None


def test_the_whole_is_asked_again_when_clusters_come_go_or_cannot_be_read(
    root: File, others: dict[str, CompiledCluster]
) -> None:
    memory = recall(root)
    new = "clusters/near-edge/edge-3.yaml"
    assert memory.whole_of({**others, new: compiled(new, FULL)}) is None
    assert memory.whole_of({ONE: others[ONE]}) is None
    assert memory.whole_of({**others, ONE: compiled(ONE, None)}) is None


def broken(raw: bytes) -> Iterator[bytes]:
    """What a disk or a person may have made of a file."""
    yield from (b"", b"\n", b"{}", b"[]\n[]", b"\xff\x00" * 40, b"0" * 24 + b"\n{}", raw + b"\n", raw * 2)
    yield from (raw[:size] for size in range(0, len(raw), 7))
    yield from (raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :] for at in range(0, len(raw), 7))


def test_bytes_that_are_not_ours_or_not_whole_say_nothing(root: File) -> None:
    path = root / CACHE
    raw, times = path.read_bytes(), path.stat()
    asked = 0

    def put(other: bytes) -> None:
        # Only the bytes differ: another time would say as much.
        path.write_bytes(other)
        os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))

    for other in broken(raw):
        put(other)
        assert not recall(root).valid
        assert vouched(root, {}, [ONE], SHARED) == {}
        asked += 1
    assert asked > 200
    put(raw)
    assert recall(root).valid


@pytest.mark.parametrize("there", ["nothing", "folder"])
def test_without_a_cache_nothing_is_known(root: File, there: str) -> None:
    (root / CACHE).unlink()
    if there == "folder":
        (root / CACHE).mkdir()
    memory = recall(root)
    assert (memory.valid, memory.lines, memory.whole) == (False, {}, Whole())
    assert memory.key, "what is rendered now can be remembered"
    assert vouched(root, {}, [ONE], SHARED) == {}


def test_what_cannot_be_remembered_is_no_failure(root: File) -> None:
    (root / CACHE).unlink()
    (root / ".nearedge").rmdir()
    (root / ".nearedge").write_text("a file of somebody else\n", encoding="utf-8")
    rendered(root, compiled(ONE, FULL))
    assert (root / ".nearedge").read_text(encoding="utf-8") == "a file of somebody else\n"


def test_nothing_is_written_when_nothing_was_compiled(root: File) -> None:
    memory = recall(root)
    found = [item for file in (ONE, OTHER) if (item := known(root, file))]
    same = frozenset({BASE, HUB, *(path for item in found for path in item.kept)})
    before = (root / CACHE).stat()
    save(root, Rendered((), Tree({}, same), clusters=tuple(found), whole=memory.whole), memory)
    assert (root / CACHE).stat() == before
    # One that is gone has to be forgotten.
    save(root, Rendered((), Tree({}, same), clusters=tuple(found[:1]), whole=memory.whole), memory)
    assert recall(root).lines.keys() == {ONE}


def test_what_was_kept_is_remembered_with_what_was_compiled(root: File) -> None:
    edit(ONE)(root)
    memory = recall(root)
    before, kept = memory.lines[OTHER], known(root, OTHER)
    assert kept is not None
    again = compiled(ONE, replace(FULL, ring=None))
    tree = Tree(again.files, frozenset({BASE, HUB, *kept.kept}))
    save(root, Rendered((), tree, clusters=(again, kept), whole=memory.whole), memory)
    assert recall(root).lines[OTHER] == before
    found = known(root)
    assert found is not None
    assert found.member == replace(FULL, ring=None)


def test_a_cluster_that_cannot_be_read_is_not_remembered(root: File) -> None:
    rendered(root, compiled(ONE, FULL), replace(compiled(OTHER, None), files={}))
    assert recall(root).lines.keys() == {ONE}


SHARED = [path for path in SPECS if path not in {ONE, OTHER}]


def test_a_commit_that_was_rendered_is_known(root: File) -> None:
    found = vouched(root, {}, [ONE, OTHER], SHARED)
    assert found.keys() == {ONE, OTHER}
    was = compiled(ONE, FULL)
    # Where it was written to says nothing of another commit.
    assert found[ONE] == replace(was, files={}, kept=(), bases=())


def test_of_a_commit_the_clusters_count_that_were_the_same_there(root: File) -> None:
    edit(ONE)(root)
    assert vouched(root, {}, [ONE, OTHER], SHARED).keys() == {OTHER}
    then = {ONE: SPECS[ONE].encode()}
    assert vouched(root, then, [ONE, OTHER], SHARED).keys() == {ONE, OTHER}
    assert vouched(root, then, [OTHER], SHARED).keys() == {OTHER}
    assert vouched(root, {OTHER: b"kind: Other\n"}, [ONE, OTHER], SHARED).keys() == set()


@pytest.mark.parametrize(
    "file", ["clusters/fleet.yaml", "clusters/groups/shops.yaml", "clusters/models/shelf.yaml"]
)
def test_of_a_commit_whose_shared_files_were_others_nothing_is_known(root: File, file: str) -> None:
    assert vouched(root, {file: b"another\n"}, [ONE, OTHER], SHARED) == {}
    assert vouched(root, {file: SPECS[file].encode()}, [ONE, OTHER], SHARED).keys() == {ONE, OTHER}
    edit(file)(root)
    assert vouched(root, {}, [ONE, OTHER], SHARED) == {}
    assert vouched(root, {file: SPECS[file].encode()}, [ONE, OTHER], SHARED).keys() == {ONE, OTHER}


def test_of_a_commit_with_other_shared_files_nothing_is_known(root: File) -> None:
    assert vouched(root, {}, [ONE], SHARED[:-2]) == {}
    more = [*SHARED, "clusters/groups/plants.yaml"]
    assert vouched(root, {"clusters/groups/plants.yaml": b"x\n"}, [ONE], more) == {}


def test_of_a_commit_nothing_is_known_by_another_nearedge(root: File, package: File) -> None:
    edit("data/profiles/odh-3.4.yaml")(package)
    assert vouched(root, {}, [ONE, OTHER], SHARED) == {}


words = st.text(max_size=8)
wheres = st.builds(Where, words, st.integers(0), st.integers(0))
steps = st.lists(words | st.integers(0), max_size=3).map(tuple)
findings = st.builds(
    Finding,
    *(wheres, st.sampled_from(Severity), words, words, words),
    path=steps,
    related=st.lists(wheres, max_size=2).map(tuple),
)
waivers = st.builds(Waiver, wheres, *(words for _ in range(4)), path=steps)
tuples = st.lists(words, max_size=2).map(tuple)
labels = st.lists(st.tuples(words, words), max_size=2).map(tuple)
members = st.builds(
    Member,
    *(words, words, words, st.none() | words),
    st.dictionaries(words, words, max_size=2),
    st.lists(st.tuples(words, labels), max_size=2).map(tuple),
    *(words, st.booleans()),
    operators=st.lists(st.tuples(words, tuples), max_size=2).map(tuple),
    repositories=tuples,
    credentials=st.lists(st.tuples(words, st.booleans(), tuples, labels), max_size=2).map(tuple),
    mirrored=st.booleans(),
    trained=st.lists(st.tuples(words, words, st.booleans(), words, st.integers(0)), max_size=2).map(tuple),
    fetched=tuples,
    hub=st.none() | words,
)


def whole(found: tuple[Finding, ...]) -> list[dict[str, Any]]:
    """Findings with all of their fields, of which some are not compared."""
    return [{item.name: getattr(one, item.name) for item in fields(Finding)} for one in found]


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    member=members, found=st.lists(findings, min_size=1, max_size=3), accepted=st.lists(waivers, max_size=2)
)
def test_whatever_is_remembered_comes_back(
    root: File, member: Member, found: list[Finding], accepted: list[Waiver]
) -> None:
    rendered(root, compiled(ONE, member, *found, waivers=tuple(accepted)))
    back = known(root)
    assert back is not None
    assert back.member == member
    assert whole(back.findings) == whole(tuple(found))
    assert back.waivers == tuple(accepted)
    assert {type(item.severity) for item in back.findings} == {Severity}
