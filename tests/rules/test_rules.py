"""Every rule is tripped by something and nearly tripped by something else; every upstream rule has its state.

near_misses.yaml holds each rule at its edge: one change, and it is silent or speaks. docs/rules.md says what it
is made to say.
"""

from __future__ import annotations

import copy
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path as File
from typing import Any

import pytest

from generator import pipeline
from generator.disk import tree
from generator.documents.files import read_text
from generator.documents.merge import merge
from generator.flow.read import read
from generator.overlays.overlay import overlay_if_sound
from generator.proof.expected import expected
from generator.proof.verify import verify
from generator.report.coverage import State, covered, state, upstream
from generator.rules.load import cluster_rules, every_rule, fleet_rules
from generator.rules.waivers import why_not
from generator.yaml.writer import to_yaml
from scripts.rules_doc import DOCUMENT, document
from tests.conftest import CASES, FLEET, ROOT, build, read_case, some
from tests.hub.test_hub import fleet_of
from tests.repositories import write_specs

DATA, _ = read_text((ROOT / "tests/data/near_misses.yaml").read_text(encoding="utf-8"))
EDGES: dict[str, dict[str, Any]] = {code: entry for code, entry in DATA.items() if code != "bases"}
OWN_KEYS = ("cluster", "crowd", "files", "fleet", "groups", "members", "models", "platform", "profile")


def case_of(entry: dict[str, Any], side: str) -> dict[str, Any]:
    """The case that an entry describes, with its near or its tripping value."""
    base = entry.get("base", "cluster")
    case = read_case(CASES / base / "spec.yaml") if "/" in base else copy.deepcopy(DATA["bases"][base])
    for at, value in (*entry.get("with", {}).items(), (entry["at"], entry[side])):
        put(case, at.split(), value)
    return case


def put(case: dict[str, Any], steps: list[str], value: Any) -> None:
    """Set what stands at a path, or take it away; a missing mapping on the way is made."""
    here: Any = case if steps[0] in OWN_KEYS else case["cluster"]
    for step in steps[:-1]:
        here = here[int(step)] if step.isdecimal() else here.setdefault(step, {})
    last: Any = int(steps[-1]) if isinstance(here, list) else steps[-1]
    if value is None:
        here.pop(last, None)
    else:
        here[last] = repeated(value)


def repeated(value: Any) -> Any:
    """The value itself; of {times, of} that many items with numbered names."""
    if not isinstance(value, dict) or set(value) != {"times", "of"}:
        return copy.deepcopy(value)
    return [{**value["of"], "name": f"{value['of']['name']}{i}"} for i in range(value["times"])]


def said(code: str, side: str) -> bool:
    """Whether a rule speaks of its case."""
    entry = EDGES[code]
    case = case_of(entry, side)
    if entry.get("base") == "hub":
        fleet = fleet_of({**case, "fleet": dict(merge(FLEET, case["fleet"]))})
        return speaks(code, fleet)
    platform = case.pop("platform", {})
    cluster, _, findings = build(case)
    if every_rule()[code].check is None:
        return any(finding.code == code for finding in findings)
    assert cluster is not None, findings
    parts = {key: getattr(cluster.profile, key).model_copy(update=values) for key, values in platform.items()}
    return speaks(code, replace(cluster, profile=cluster.profile.model_copy(update=parts)))


def speaks(code: str, subject: Any) -> bool:
    check = every_rule()[code].check
    assert check is not None
    return any(True for _ in check(subject))


@pytest.mark.parametrize("code", EDGES)
def test_a_rule_speaks_at_its_edge_only(code: str) -> None:
    assert {side: said(code, side) for side in ("near", "trips")} == {"near": False, "trips": True}


TEXTS = {
    "SPEC002": ("a: b", "a: [b"),
    "SPEC003": ("a: 1\nb: 1", "a: 1\na: 1"),
    "SPEC004": ('a: "&b 1"', "a: &b 1"),
    "SPEC005": (f"{'[' * 20}{']' * 20}", f"{'[' * 21}{']' * 21}"),
    "SPEC007": ("a: \u00e9", "a: e\u0301"),
}
"""Code -> text that the reader takes, and text that it does not."""


@pytest.mark.parametrize("code", TEXTS)
def test_text_at_the_edge(code: str) -> None:
    found = [any(fault.rule.code == code for fault in read_text(text)[1]) for text in TEXTS[code]]
    assert found == [False, True]


# What takes files, or a cluster as a whole


def findings_of(root: File, files: dict[str, str]) -> set[str]:
    for name, text in files.items():
        path = root / "clusters" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return {finding.code for finding in read(root)[2]}


def spec(kind: str, name: str, **values: Any) -> str:
    head = {"apiVersion": "nearedge/v1alpha1", "kind": kind, "metadata": {"name": name}}
    return to_yaml({**head, "spec": values})


WHOLE = {
    "fleet.yaml": spec("Fleet", "acme", **FLEET),
    "core/hub.yaml": spec("Cluster", "hub", tier="core", platform="odh-3.4"),
}
FILES: dict[str, tuple[dict[str, str], dict[str, str]]] = {
    "FLEET001": (WHOLE, {"core/hub.yaml": WHOLE["core/hub.yaml"]}),
    "FLEET002": (WHOLE, {"fleet.yaml": WHOLE["fleet.yaml"]}),
    "FLEET003": (
        {**WHOLE, "groups/a.yaml": spec("Group", "a")},
        {**WHOLE, "groups/b.yaml": spec("Group", "a")},
    ),
    "SPEC001": ({**WHOLE, "models/a.yaml": "#" * 2**18}, {**WHOLE, "models/a.yaml": "#" * (2**18 + 1)}),
    "SPEC006": ({**WHOLE, "models/a.yaml": ""}, {**WHOLE, "models/a.yml": ""}),
    "SPEC008": (
        {**WHOLE, "groups/a.yaml": spec("Group", "a")},
        {**WHOLE, "groups/a.yaml": spec("Model", "a")},
    ),
}
"""Code -> files that are silent, and files that trip it."""


@pytest.mark.parametrize("code", FILES)
@pytest.mark.parametrize("side", ["near", "trips"])
def test_files_at_the_edge(code: str, side: str, tmp_path: File) -> None:
    near, trips = FILES[code]
    assert (code in findings_of(tmp_path, trips if side == "trips" else near)) == (side == "trips")


@pytest.mark.parametrize(
    ("queue", "today", "found"),
    [
        ("default", "2027-01-31", set()),
        ("default", "2027-02-01", {"WAIVER001"}),
        ("defaults", "2027-01-31", {"WAIVER002"}),
    ],
)
def test_waivers_at_the_edge(queue: str, today: str, found: set[str], tmp_path: File) -> None:
    queues = [{"name": queue, "namespace": "lab", "quota": {"cpu": {"cpu": "1"}}}]
    waivers = [{"code": "KUEUE015", "reason": "meant", "until": "2027-01-31"}]
    kueue = {"flavors": [{"name": "cpu"}], "queues": queues}
    hub = spec("Cluster", "hub", tier="core", platform="odh-3.4", kueue=kueue, waivers=waivers)
    findings_of(tmp_path, {**WHOLE, "core/hub.yaml": hub})
    rendered = pipeline.render(tmp_path, today=today)
    assert {item.code for item in rendered.findings if item.code.startswith("WAIVER")} == found


@pytest.mark.parametrize(
    ("file", "guess"),
    [("clusters/core/hub.yaml", "HUB001"), ("clusters/near-edge/a-one.yaml", "HUB005")],
    ids=["the hub", "the only cluster of a ring"],
)
def test_nothing_is_guessed_about_a_cluster_that_cannot_be_read(
    file: str, guess: str, tmp_path: File
) -> None:
    """Else a slip of the pen in one file is told as a fleet without a hub, and people look in the wrong place."""
    delivery = {**FLEET["delivery"], "argoCD": "3.3"}
    root = write_specs(tmp_path, {"a-one": {"namespaces": [{"name": "ai"}]}}, fleet={"delivery": delivery})
    assert codes_in(root) == set()
    (root / file).write_text("spec: [\n", encoding="utf-8")
    assert codes_in(root) == {"SPEC002"}
    (root / file).unlink()
    assert guess in codes_in(root)


def codes_in(root: File) -> set[str]:
    return {item.code for item in pipeline.render(root).findings}


@pytest.mark.parametrize(("name", "found"), [("ray-tune", {"COMPILE001"}), ("ray-tunes", set())])
def test_two_sections_make_one_object(name: str, found: set[str]) -> None:
    # The ServiceAccounts of a Ray cluster and of a server.
    case = copy.deepcopy(DATA["bases"]["cluster"])
    put(case, ["serving", "0", "namespace"], "lab")
    put(case, ["serving", "0", "name"], name)
    cluster, _, _ = build(case)
    assert cluster is not None
    _, problems = overlay_if_sound(cluster, {})
    assert {finding.code for finding in problems} == found


@pytest.mark.parametrize("platform", ["odh-3.4", "upstream"])
@pytest.mark.parametrize(("more", "found"), [({}, {"COMPILE002"}), ({"namespaces": [{"name": "a"}]}, set())])
def test_a_site_that_has_nothing_to_pull_is_told_of_and_is_proven(
    platform: str, more: dict[str, Any], found: set[str], tmp_path: File
) -> None:
    edge = spec("Cluster", "edge-1", tier="near-edge", platform=platform, ring="canary", **more)
    findings_of(tmp_path, {**WHOLE, "near-edge/edge-1.yaml": edge})
    rendered = pipeline.render(tmp_path)
    assert {item.code for item in rendered.findings if item.code.startswith("COMPILE")} == found
    tree.write(tmp_path, rendered.tree, tree.compare(tmp_path, rendered.tree))
    judged = verify(tmp_path, expected(tmp_path, rendered))
    assert judged.failures == ()
    assert "resources: []\n" in (tmp_path / "overlays/hub/kustomization.yaml").read_text("utf-8")


def test_the_note_of_it_can_be_waived() -> None:
    assert why_not(every_rule()["COMPILE002"]) == ""
    assert why_not(every_rule()["COMPILE001"])


STORIES = {
    *("COMPILE001", "COMPILE002", "WAIVER001", "WAIVER002"),
    *("SECRET001", "SECRET002", "SECRET003", "SECRET004"),
    *("REMOVE001", "REMOVE002", "REMOVE003", "REMOVE004", "REMOVE005"),
    *(f"IMPORT{i:03}" for i in range(1, 9)),
    *("OWN001", "OWN002", "OWN003", "OWN004"),
    *(f"TEAM{i:03}" for i in range(1, 12)),
}
"""Rules whose edge is a test of its own: above, and in test_secrets.py, test_rails.py, test_own_rules.py, test_teams.py and tests/intake/."""


def test_the_rules_are_all_there_whoever_asks_first() -> None:
    """`make docs` asks for nothing but the rules: which modules hold them is known to rules/load.py alone."""
    code = "from generator.rules.load import every_rule; print(*every_rule())"
    listed = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True, cwd=ROOT
    )
    assert listed.stdout.split() == list(every_rule())


def test_every_rule_is_held_at_its_edge() -> None:
    told = {*EDGES, *TEXTS, *FILES, *STORIES}
    assert told == set(every_rule())


# Upstream rules


CODES = covered(every_rule().values())


def test_rules_cover_known_ids_only() -> None:
    assert set(CODES) - set(upstream()) == set()


@pytest.mark.parametrize("name", upstream())
def test_every_upstream_rule_has_one_state(name: str) -> None:
    item = upstream()[name]
    assert len(item.states) + (name in CODES) == 1, (item.states, CODES.get(name))
    assert (item.test is not None) == (item.impossible is not None)
    assert bool(item.fields) == (item.notEmitted is not None)


def test_the_catalogue_is_whole() -> None:
    families = {
        "AC": 1, "AW": 10, "CO": 4, "CQ": 19, "ES": 2, "IS": 34, "KJ": 9, "LI": 10, "LM": 3, "LQ": 3, "MK": 1,
        "OD": 8, "OL": 2, "OS": 3, "PO": 2, "PV": 3, "RC": 23, "RF": 9, "RJ": 12, "RS": 6, "S": 52, "SC": 3,
        "SR": 6, "TA": 3, "TP": 2, "WP": 2,
    }  # fmt: skip
    wanted = {
        f"{family}-{i}" for family, size in families.items() for i in range(1, size + 1) if family != "S"
    }
    assert set(upstream()) == wanted | {f"S-{i:02}" for i in range(1, 53)}


def test_states_are_told() -> None:
    kept = {name: state(name, CODES) for name in ("RC-7", "CQ-5", "RS-2", "KJ-2")}
    assert list(kept.values()) == [State.CHECKED, State.IMPOSSIBLE, State.NOT_EMITTED, State.OUT_OF_REACH]


# The document


def test_the_document_is_what_the_rules_say() -> None:
    assert (ROOT / DOCUMENT).read_text(encoding="utf-8") == document(), "make docs rewrites it"


def test_the_document_names_every_rule_and_every_id() -> None:
    text = document()
    assert all(f"\n### {code}\n" in text for code in every_rule())
    assert all(f"\n| {name} | " in text for name in upstream())
    links = set(re.findall(r"\]\(#([a-z0-9-]+)\)", text))
    headings = {re.sub(r"[^a-z0-9 -]", "", line.lower()).strip().replace(" ", "-") for line in titles(text)}
    assert links
    assert links <= headings


def titles(text: str) -> Iterator[str]:
    yield from re.findall(r"^#+ (.*)$", text, re.MULTILINE)


def test_every_rule_explains_itself() -> None:
    for rule in (*some(cluster_rules()), *some(fleet_rules())):
        assert rule.summary.endswith("."), rule.code
        assert rule.summary[0].isupper() or rule.summary[0] in "`mrswbdhl", rule.code
