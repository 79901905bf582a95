"""Teams: what they say of clusters and groups in files of their own, what they may not, and who has to know of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path as File
from typing import Any, get_args, get_origin

import pytest
from pydantic import BaseModel

from generator import pipeline
from generator.cli import main
from generator.components.discovery import discover
from generator.documents.files import is_part, part_at, whole_of
from generator.documents.merge import resolve
from generator.edit.add import remove
from generator.edit.fleet import of_cluster, specs_of
from generator.edit.many.deploy import Server, deploy, undeploy
from generator.edit.values import set_value, unset
from generator.explain.effective import effective
from generator.findings.finding import Severity, has_errors
from generator.fleet.cluster import layers_of
from generator.fleet.kinds import cluster_spec, part_spec
from generator.fleet.spec_files import kind_of, read_cluster_file
from generator.fleet.teams import MODEL_FIELDS
from generator.flow.read import read
from generator.flow.texts import SharedTexts
from generator.hub.kit.access import bindings
from generator.lsp.judging import diagnostics, judged
from generator.lsp.names import NAMED
from generator.lsp.workspace import Workspace, edited, opened
from generator.objects.manifest import ResourceId
from generator.plan.changes import Action, ObjectChange
from generator.plan.permitted import newly_given
from generator.plan.sides import between
from generator.publish.owners import BEGIN, END, BrokenBlock, block, place_in, with_block
from generator.publish.place import ForgeKind
from generator.rollout.move import only
from generator.specs.fleet import Repository
from generator.specs.teams import Team
from generator.yaml.writer import to_yaml
from tests.flow.test_incremental import assert_fresh, bring, worked
from tests.repositories import copy_of, specs, text_of

FLEET = "clusters/fleet.yaml"
A, B = (f"clusters/near-edge/{name}.yaml" for name in ("a-one", "b-two"))
VISION = "clusters/near-edge/a-one/teams/vision.yaml"
SHOP = "clusters/groups/shops/teams/vision.yaml"
LANGUAGE = "clusters/near-edge/a-one/teams/language.yaml"
TEAMS: list[dict[str, Any]] = [
    {"name": "vision", "members": ["acme/vision", "anna@acme.example"], "namespaces": ["cams", "shared"], "models": ["shelf"], "queues": ["cams"]},
    {"name": "language", "namespaces": ["words", "shared"], "clusters": {"labels": {"region": "emea"}, "rings": ["canary"]}},
]  # fmt: skip
MODELS = {
    name: {"format": "onnx", "version": "7", "size": "180Mi", "source": f"s3://acme/{name}/7", "credentialsSecret": "models"}
    for name in ("shelf", "gate")
}  # fmt: skip


def server(name: str, namespace: str | None = "cams", **more: Any) -> dict[str, Any]:
    said = {"name": name, "model": "shelf", "runtime": "ovms", "storage": {"type": "s3"}}
    place = {"namespace": namespace} if namespace else {}
    return {**said, **place, "resources": {"cpu": "1", "memory": "1Gi"}, **more}


def part(*servers: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"serving": list(servers), **more}


def fleet_texts(parts: dict[str, dict[str, Any]], **more: Any) -> dict[str, str]:
    """A hub and two clusters of a group, with teams; the files of these."""
    base: dict[str, Any] = {
        "clusters": {"a-one": {"groups": ["shops"]}, "b-two": {"groups": ["shops"]}},
        "fleet": {"teams": TEAMS},
        "groups": {"shops": {"credentials": [{"name": "models", "type": "s3"}]}},
        "models": MODELS,
        **more,
    }
    return {**specs(**base), **{file: text_of(file, said) for file, said in parts.items()}}


def put(root: File, texts: dict[str, str]) -> File:
    for file, text in texts.items():
        (root / file).parent.mkdir(parents=True, exist_ok=True)
        (root / file).write_text(text, encoding="utf-8")
    return root


def found(root: File, severity: Severity = Severity.ERROR) -> list[str]:
    rendered = pipeline.render(root)
    said = [
        f"{item.where} {item.code} {item.message}" for item in rendered.findings if item.severity is severity
    ]
    assert not (has_errors(rendered.findings) and rendered.tree.paths)
    return said


# What a file of a team is


def test_where_files_of_teams_lie() -> None:
    assert [kind_of(file) for file in (VISION, SHOP, A, "clusters/near-edge/emea/a.yaml")] == [
        "Part",
        "Part",
        "Cluster",
        "Cluster",
    ]
    # A folder of that name is nothing else than it was where no cluster's folder holds it.
    assert [is_part(f"clusters/{file}.yaml") for file in ("near-edge/teams/a", "models/a/teams/b")] == [
        False,
        False,
    ]
    assert whole_of("clusters/core/eu/hub/teams/vision.yaml") == "clusters/core/eu/hub.yaml"
    assert part_at(A, "vision") == VISION


def items_of(annotation: Any) -> Iterator[type[BaseModel]]:
    """The models of the items of a section's lists."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        for field in annotation.model_fields.values():
            assert get_origin(field.annotation) is tuple
            yield get_args(field.annotation)[0]
    else:
        yield get_args(annotation)[0]


def test_a_team_says_lists_of_things_in_namespaces_and_nothing_else() -> None:
    assert (
        set(part_spec().model_fields) == {item.key for item in discover() if item.teams} >= {"serving", "ray"}
    )
    every = [
        item
        for key in part_spec().model_fields
        for item in items_of(cluster_spec().model_fields[key].annotation)
    ]
    assert len(every) >= len(part_spec().model_fields)
    assert all(item.model_fields["namespace"].is_required() for item in every)
    below = {pattern.partition(".*")[0].split(".")[0] for pattern in NAMED["namespace"]}
    assert set(part_spec().model_fields) <= below
    words = {
        what: {
            pattern.removesuffix(".*").rpartition(".")[2]
            for pattern in NAMED[what]
            if pattern.split(".")[0] in part_spec().model_fields
        }
        for what in ("model", "queue")
    }
    assert words == {"model": set(MODEL_FIELDS), "queue": {"queue"}}


def test_what_a_team_says_is_part_of_the_cluster_and_keeps_its_place(tmp_path: File) -> None:
    own = {
        "serving": [{"name": "cam", "replicas": {"max": 2}, "resources": {"memory": "2Gi"}}],
        "groups": ["shops"],
    }
    texts = fleet_texts(
        {VISION: part(server("cam")), SHOP: part(server("door"))},
        clusters={"a-one": own, "b-two": {"groups": ["shops"]}},
    )
    root = put(tmp_path, texts)
    assert found(root) == []
    _, shared, _ = read(root)
    assert shared is not None
    document, _ = read_cluster_file(root, A)
    assert document is not None
    resolved = resolve(layers_of(shared, document)[0])
    # The group's, the team's beside it, the cluster's own last: it has the last word.
    assert [item["name"] for item in resolved.spec["serving"]] == ["door", "cam"]
    assert resolved.spec["serving"][1]["resources"] == {"cpu": "1", "memory": "2Gi"}
    files = [
        resolved.where(("serving", *path)).file
        for path in ((0, "model"), (1, "model"), (1, "resources", "memory"))
    ]
    assert files == [SHOP, VISION, A]
    assert [said.layer for said in effective(resolved).said if said.path.endswith(".model")] == [
        "team vision"
    ] * 2
    rendered = pipeline.render(root)
    # A group's item is a base whichever file says it; a cluster's own is none.
    assert [
        path
        for path in rendered.tree.paths
        if "/group/shops/cams/" in path and path.endswith("resources.yaml")
    ] == ["base/odh-3.4/serving/group/shops/cams/door/resources.yaml"]


def test_a_fleet_without_teams_reads_no_such_file(tmp_path: File) -> None:
    root = put(tmp_path, fleet_texts({}, fleet={}))
    _, shared, _ = read(root)
    assert shared is not None
    assert shared.parts.files == {}
    assert found(root) == []


# What is wrong


@pytest.mark.parametrize(
    ("parts", "wrong"),
    [
        ({VISION: part(server("cam", "words"))}, f"{VISION}:12:16 TEAM003 serving[words/cam] is in namespace words: vision has cams, shared"),
        ({VISION: part(server("cam", queue="tills"))}, f"{VISION}:16:12 TEAM004 serving[cams/cam] names queue tills: vision has cams"),
        ({VISION: part(server("cam", model="gate"))}, f"{VISION}:8:12 TEAM004 serving[cams/cam] names model gate: vision has shelf"),
        ({VISION: part(server("cam", moreModels=["shelf", "gate"]))}, f"{VISION}:18:7 TEAM004 serving[cams/cam] names model gate: vision has shelf"),
        ({VISION: part({"name": "till", "remove": True})}, f"{VISION}:7:5 TEAM003 serving[till] is in namespace tills: vision has cams, shared"),
        ({SHOP: part({"name": "till", "remove": True})}, f"{SHOP}:7:5 TEAM003 serving[till] is in namespace tills: vision has cams, shared"),
        ({VISION: part(server("cam", "shared")), LANGUAGE: part(server("cam", "shared"))}, f"{VISION}:7:5 TEAM005 serving[shared/cam] is said by language as well, and by vision"),
        ({VISION: part(server("cam", "shared")), "clusters/groups/shops/teams/language.yaml": part(server("cam", "shared"))}, f"{VISION}:7:5 TEAM005 serving[shared/cam] is said by language as well, and by vision"),
        ({"clusters/near-edge/b-two/teams/language.yaml": part(server("cam", "words"))}, "clusters/near-edge/b-two/teams/language.yaml:6:3 TEAM007 language may not be on b-two: it is not of region=emea"),
        ({"clusters/near-edge/a-one/teams/visoin.yaml": part(server("cam"))}, "clusters/near-edge/a-one/teams/visoin.yaml:1:1 TEAM001 there is no team visoin"),
        ({"clusters/near-edge/a-on/teams/vision.yaml": part(server("cam"))}, "clusters/near-edge/a-on/teams/vision.yaml:1:1 TEAM002 there is no cluster a-on"),
        ({"clusters/groups/shop/teams/vision.yaml": part(server("cam"))}, "clusters/groups/shop/teams/vision.yaml:1:1 TEAM002 there is no group shop"),
        ({VISION: {"platform": "upstream"}}, f"{VISION}:6:3 SPEC010 unknown key platform"),
        ({VISION: part(server("cam", replicas={"max": "two"}))}, f'{VISION}:17:12 SPEC012 serving[0].replicas.max takes a whole number, "two" is given'),
    ],
    ids=lambda value: value.partition(" ")[2][:24] if isinstance(value, str) else "",
)  # fmt: skip
def test_a_team_reaches_no_further_than_it_may(parts: dict[str, Any], wrong: str, tmp_path: File) -> None:
    texts = fleet_texts(parts)
    texts["clusters/near-edge/a-one.yaml"] = texts[A].replace(
        "name: a-one", "name: a-one\n  labels: {region: emea}"
    )
    texts["clusters/groups/shops.yaml"] += (
        to_yaml({"serving": [server("till", "tills")]}).replace("\n", "\n  ").join(["  ", ""]).rstrip() + "\n"
    )
    assert found(put(tmp_path, texts)) == [wrong]


@pytest.mark.parametrize(
    ("team", "wrong"),
    [
        ({"name": "vision", "namespaces": ["x"]}, "vision is listed twice"),
        ({"name": "new", "namespaces": ["x"], "models": ["shlef"]}, "there is no model shlef"),
        ({"name": "new", "namespaces": ["x"], "clusters": {"rings": ["canray"]}}, "there is no ring canray"),
        ({"name": "new", "namespaces": ["x"], "clusters": {"groups": ["shop"]}}, "there is no group shop"),
    ],
)
def test_what_the_list_of_teams_names_is_there(team: dict[str, Any], wrong: str, tmp_path: File) -> None:
    [told] = found(put(tmp_path, fleet_texts({}, fleet={"teams": [*TEAMS, team]})))
    assert told.startswith(f"{FLEET}:")
    assert told.endswith(f" TEAM008 {wrong}")


def test_what_others_say_in_a_teams_namespace_is_told_of(tmp_path: File) -> None:
    own = {"groups": ["shops"], "serving": [server("cam"), server("door"), server("till", "tills")]}
    texts = fleet_texts(
        {VISION: part(server("door"))}, clusters={"a-one": own, "b-two": {"groups": ["shops"]}}
    )
    said = [line for line in found(put(tmp_path, texts), Severity.WARNING) if "TEAM" in line]
    assert said == [f"{A}:12:5 TEAM006 serving[cams/cam] is in namespace cams, which is for vision to say"]


# Rights on the clusters


def test_groups_get_rights_in_namespaces_of_the_team_where_it_may_be(tmp_path: File) -> None:
    vision = {**TEAMS[0], "clusters": {"labels": {"region": "emea"}}, "access": {"view": ["support"]}}
    spaces = {"namespaces": [{"name": name} for name in ("cams", "words")]}
    clusters = {name: {"platform": "odh-3.4", "ring": "canary", **spaces} for name in ("a-one", "b-two")}
    texts = fleet_texts({}, fleet={"teams": [vision, TEAMS[1]]}, clusters=clusters)
    texts[A] = texts[A].replace("name: a-one", "name: a-one\n  labels: {region: emea}")
    rendered = pipeline.render(put(tmp_path, texts))
    members = {item.member.name: item.member.access for item in rendered.clusters if item.member}
    assert members == {"a-one": (("vision", "cams"),), "b-two": (), "hub": ()}


def test_a_plan_names_who_gets_which_right() -> None:
    def policy(*roles: str) -> dict[str, Any]:
        team = Team.model_validate({**TEAMS[0], "access": {role: ["eyes"] for role in roles}})
        return {"kind": "Policy", "spec": [*bindings([team], "vision", "cams")]}

    def given(before: dict[str, Any] | None, after: dict[str, Any] | None) -> list[tuple[str, str, str]]:
        return [
            *newly_given(ObjectChange(Action.CHANGE, ResourceId("", "Policy", "", "x"), before, after, ()))
        ]

    both, view = policy("view", "edit"), policy("view")
    assert given(None, both) == [("cams", "edit", "eyes"), ("cams", "view", "eyes")]
    assert (given(view, both), given(both, view)) == ([("cams", "edit", "eyes")], [])


# Who has to know of it


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> File:
    root = put(
        tmp_path_factory.mktemp("made"),
        fleet_texts({VISION: part(server("cam")), SHOP: part(server("door"))}),
    )
    assert not has_errors(bring(root).findings)
    return root


def text(old: str, new: str, file: str = VISION) -> Callable[[File], None]:
    def edit(root: File) -> None:
        was = (root / file).read_text("utf-8")
        assert old in was
        (root / file).write_text(was.replace(old, new, 1), "utf-8")

    return edit


def new(file: str, said: dict[str, Any]) -> Callable[[File], None]:
    return lambda root: (put(root, {file: text_of(file, said)}), None)[1]


EDITS: dict[str, tuple[Callable[[File], None], set[str]]] = {
    "nothing": (lambda _: None, set()),
    "memory": (text("1Gi", "2Gi"), {"a-one"}),
    "a comment": (text("spec:", "# why\nspec:"), set()),
    "a comment above what is found": (text("spec:", "# why\nspec:", SHOP), set()),
    "of a group": (text("1Gi", "2Gi", SHOP), {"a-one", "b-two"}),
    "a mistake": (text("1Gi", "1Gb"), {"a-one"}),
    "gone": (lambda root: (root / VISION).unlink(), {"a-one"}),
    "one more": (new("clusters/near-edge/b-two/teams/vision.yaml", part(server("till"))), {"b-two"}),
    "of no team": (new("clusters/near-edge/b-two/teams/x.yaml", part(server("till"))), {"b-two"}),
    "of no cluster": (new("clusters/near-edge/z/teams/vision.yaml", part(server("till"))), set()),
    "of a group, one more": (
        new("clusters/groups/shops/teams/language.yaml", part(server("w", "words"))),
        {"a-one", "b-two", "hub"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", EDITS)
def test_only_clusters_that_a_team_speaks_of_are_compiled_again(
    name: str, made: File, tmp_path: File
) -> None:
    root, (edit, clusters) = copy_of(made, tmp_path / "fleet"), EDITS[name]
    edit(root)
    rendered = bring(root)
    assert worked(rendered) == clusters
    assert_fresh(root, rendered)


def test_a_plan_names_the_clusters_that_a_team_changes(made: File) -> None:
    before = {
        path.relative_to(made).as_posix(): path.read_bytes() for path in made.glob("clusters/**/*.yaml")
    }

    def changed(file: str, text: bytes | None) -> list[str]:
        after = {name: raw for name, raw in {**before, file: text}.items() if raw is not None}
        sides = between(before, after)
        assert not has_errors(sides.judged.findings)
        return [item.name for item in sides.clusters]

    assert changed(VISION, before[VISION].replace(b"1Gi", b"2Gi")) == ["a-one"]
    assert changed(VISION, before[VISION] + b"# seen\n") == []
    assert changed(VISION, None) == ["a-one"]
    assert changed(SHOP, before[SHOP].replace(b"1Gi", b"2Gi")) == ["a-one", "b-two"]
    assert changed("clusters/near-edge/b-two/teams/vision.yaml", before[VISION]) == ["b-two"]


def test_a_ring_gets_what_teams_say_of_its_clusters(made: File) -> None:
    before = {
        path.relative_to(made).as_posix(): path.read_bytes() for path in made.glob("clusters/**/*.yaml")
    }
    after = {**before, VISION: before[VISION].replace(b"1Gi", b"2Gi")}
    sides = between(before, after)
    kept = {name: set(only(sides, frozenset({name})).texts) for name in ("a-one", "b-two")}
    assert kept == {"a-one": {VISION}, "b-two": set()}


def test_other_machines_get_the_files_of_teams(made: File) -> None:
    _, shared, _ = read(made)
    assert shared is not None
    there = SharedTexts.of(shared).shared
    assert there.parts.files == shared.parts.files == {A: (VISION,), "clusters/groups/shops.yaml": (SHOP,)}
    assert [item.text for item in there.parts.documents(A)] == [(made / VISION).read_text("utf-8")]


def judged_all(workspace: Workspace) -> Workspace:
    while workspace.pending:
        workspace = judged(workspace, workspace.pending[0])
    return workspace


def test_an_editor_judges_the_clusters_that_a_team_speaks_of(made: File) -> None:
    fleet = judged_all(opened(made))
    text = (made / VISION).read_text("utf-8")
    assert edited(fleet, VISION, f"{text}# seen\n").pending == ()
    assert edited(fleet, SHOP, (made / SHOP).read_text("utf-8").replace("1Gi", "2Gi")).pending == (A, B)
    wrong = edited(fleet, VISION, text.replace("namespace: cams", "namespace: words"))
    assert wrong.pending == (A,)
    told = diagnostics(judged_all(wrong))
    assert [item.code for item in told[VISION] if item.severity is Severity.ERROR] == ["TEAM003"]
    # It is being typed: the cluster stays as it was.
    broken = edited(wrong, VISION, "spec: [")
    assert [item.code for item in broken.found[VISION]] == ["SPEC002"]
    mended = judged_all(edited(broken, VISION, text))
    assert VISION not in diagnostics(mended)
    one_more = part_at(B, "vision")
    assert edited(fleet, one_more, text).pending == (B,)
    assert fleet.resolved(VISION) is not None


# Edits go to the file in which the item stands


def test_a_value_is_set_where_the_team_says_the_item(made: File) -> None:
    edit = set_value(of_cluster(specs_of(made), "a-one"), "serving[cam].resources.memory", "3Gi")
    assert edit.texts == {VISION: (made / VISION).read_text("utf-8").replace("1Gi", "3Gi")}
    dropped = unset(of_cluster(specs_of(made), "a-one"), "serving[cam]")
    assert list(dropped.texts) == [VISION]
    own = set_value(of_cluster(specs_of(made), "a-one"), "serving[door].resources.memory", "3Gi")
    assert list(own.texts) == [A]
    assert "team vision" in own.said[0]


def test_a_server_in_a_teams_namespace_goes_into_the_teams_file(made: File) -> None:
    there = specs_of(made)
    wanted = Server("shelf", "till", "cams", more={"resources": {"cpu": "1"}})
    both = deploy(there, wanted, "Cluster", ("a-one", "b-two"))
    assert sorted(both.texts) == [VISION, "clusters/near-edge/b-two/teams/vision.yaml"]
    group = deploy(there, wanted, "Group", ("shops",))
    assert list(group.texts) == [SHOP]
    # A namespace that two teams have, or none, decides nothing.
    for namespace in ("shared", "tills"):
        other = deploy(there, Server("shelf", "till", namespace), "Cluster", ("a-one",))
        assert list(other.texts) == [A]
    assert list(undeploy(there, "shelf", "cam", "Cluster", ("a-one",)).texts) == [VISION]


def test_what_teams_say_of_a_cluster_leaves_with_it(made: File, tmp_path: File) -> None:
    root = copy_of(made, tmp_path / "fleet")
    (root / A).write_text((root / A).read_text("utf-8").replace("spec:", "spec:\n  state: retired"), "utf-8")
    assert remove(specs_of(root), "a-one", "Shop closed").gone == (A, VISION)


# CODEOWNERS


def team(name: str, *members: str) -> Team:
    return Team(name=name, namespaces=("x",), members=members)


@pytest.mark.parametrize(
    ("kind", "prefix", "line"),
    [
        (ForgeKind.GITHUB, "", "/clusters/**/teams/vision.yaml @acme/vision @anna b@acme.example"),
        (ForgeKind.GITLAB, "fleets/my retail/", r"/fleets/my\ retail/clusters/**/teams/vision.yaml @acme/vision @anna b@acme.example"),
        (ForgeKind.GITEA, "eu.west/", r"eu\\.west/clusters/.*/teams/vision\\.yaml @acme/vision @anna b@acme.example"),
    ],
)  # fmt: skip
def test_the_owners_of_a_teams_files(kind: ForgeKind, prefix: str, line: str) -> None:
    made = block([team("vision", "acme/vision", "@anna", "b@acme.example"), team("nobody")], kind, prefix)
    assert made == f"{BEGIN}\n{line}\n{END}\n"


def test_lines_of_people_stay_as_they_are() -> None:
    made, other = (block([team("vision", name)], None) for name in ("anna", "ben"))
    assert with_block("", made) == made
    assert with_block("* @acme/all\n", made) == f"* @acme/all\n\n{made}"
    assert with_block(f"* @acme/all\n\n{made}/docs/ @d\n", other) == f"* @acme/all\n\n{other}/docs/ @d\n"
    with pytest.raises(BrokenBlock, match="remove it"):
        with_block(f"* @a\n{BEGIN}\n/x @y\n", made)


def test_the_file_is_the_one_that_the_forge_reads(tmp_path: File) -> None:
    root = tmp_path / "fleets/retail"
    root.mkdir(parents=True)
    (tmp_path / ".git").mkdir()
    github = Repository(url="https://github.com/acme/fleet.git")
    assert place_in(root, github) == (tmp_path, "fleets/retail/", ForgeKind.GITHUB, ".github/CODEOWNERS")
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/CODEOWNERS").write_text("* @a\n", "utf-8")
    assert place_in(root, github).file == "docs/CODEOWNERS"
    assert (
        place_in(root, Repository(url="https://git.acme.example/fleet.git", forge="gitea")).text == "* @a\n"
    )


def test_teams_are_listed_and_written_into_codeowners(
    made: File, tmp_path: File, capsys: pytest.CaptureFixture[str]
) -> None:
    root = copy_of(made, tmp_path / "fleet")

    def run(*words: str) -> tuple[int, str]:
        code = main([*words, "--root", str(root)])
        return code, capsys.readouterr().out

    assert run("teams")[1].splitlines()[1].split()[:3] == ["vision", "cams,", "shared"]
    assert run("teams", "--check") == (1, "CODEOWNERS is not up to date: nearedge teams --write\n")
    assert "TEAM009" not in run("check")[1]
    assert run("teams", "--write") == (0, "CODEOWNERS written: commit it with the specs\n")
    assert run("teams", "--check") == (0, "CODEOWNERS is up to date\n")
    assert run("teams", "--codeowners")[1] == (root / "CODEOWNERS").read_text("utf-8")
    assert "TEAM009" not in run("check")[1]
    text("acme/vision", "acme/cams", FLEET)(root)
    code, said = run("check")
    assert code == 0
    assert f"{FLEET}:14:3: warning TEAM009: the teams in CODEOWNERS are others than these" in said
