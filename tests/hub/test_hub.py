"""The hub's side: case folders tests/cases/hub/<case>/fleet.yaml beside expected/*.yaml or findings.txt.

fleet.yaml holds {fleet: <spec over the default>, members: {name: {tier, ring, hub, labels, namespaces, profile, window,
operators: {name: [word]}, registration: {accept, config, addons, store}}}}, all optional; a / in the name of a file is -- there; `crowd: {ring: n}` adds n clusters to a ring. `make golden` rewrites what is expected.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path as File
from typing import Any

import jsonschema_rs
import pytest

from generator import hub
from generator.components.credentials import Delivered
from generator.components.namespaces import managed_labels
from generator.documents.paths import dotted
from generator.facts.profiles import profiles
from generator.facts.schema_files import load_schema, schema_path
from generator.findings.finding import Severity
from generator.fleet.fleet import Fleet, Member
from generator.hub.kit.durations import go_duration, seconds
from generator.hub.kit.edge import KINDS, rights
from generator.hub.kit.naming import LONGEST, policy_name
from generator.hub.kit.profile import hub_profiles, profile_of
from generator.objects.manifest import Manifest, identify
from generator.rules.load import fleet_rules
from generator.specs.fleet import FleetSpec, Hub
from generator.yaml.machine import read_documents
from generator.yaml.writer import to_documents
from tests.components.test_cases import compare
from tests.conftest import CASES, FLEET, ROOT, read_case, some

FOUND = sorted(path.parent for path in CASES.glob("hub/*/fleet.yaml"))
HUB = {"hub": {"tier": "core", "namespaces": ["ai-training"]}}


def fleet_of(case: dict[str, Any]) -> Fleet:
    crowd = {
        f"{ring}-{i:04}": {"ring": ring} for ring, size in case.get("crowd", {}).items() for i in range(size)
    }
    members = {**HUB, **case.get("members", {}), **crowd}
    spec = {**FLEET, **case.get("fleet", {})}
    # The scripts are the same in each case: one case asks for them, and acm/ of this repository has them.
    # So are the words of a fleet that does not say its Argo CD.
    spec["delivery"] = {"healthChecks": False, "argoCD": "3.3", **spec["delivery"]}
    return Fleet(
        "acme",
        FleetSpec.model_validate(spec),
        tuple(member_of(name, said) for name, said in sorted(members.items()) if said),
    )


def member_of(name: str, said: dict[str, Any]) -> Member:
    profile = profiles()[said.get("profile", "odh-3.4")]
    labels = tuple(sorted(managed_labels(profile).items()))
    return Member(
        name=name,
        file=f"clusters/near-edge/{name}.yaml",
        tier=said.get("tier", "near-edge"),
        ring=said.get("ring"),
        labels=said.get("labels", {}),
        namespaces=tuple((namespace, labels) for namespace in said.get("namespaces", ())),
        profile=profile.name,
        openshift=profile.openshift,
        operators=tuple((name, tuple(words)) for name, words in said.get("operators", {}).items()),
        repositories=tuple(said.get("repositories", ())),
        credentials=tuple(brought(**item) for item in said.get("credentials", ())),
        mirrored=bool(said.get("mirrored")),
        trained=tuple(tuple(item) for item in said.get("trained", ())),
        fetched=tuple(said.get("fetched", ())),
        hub=said.get("hub"),
        models=tuple(said.get("models", ())),
        images=tuple(said.get("images", ())),
        longest=said.get("longest", 0),
        endless=tuple(map(tuple, said.get("endless", ()))),
        silence=said.get("silence"),
        window=said.get("window"),
        registration=joined(**said["registration"]) if "registration" in said else (),
        checks=tuple(said.get("checks", ())),
        applications=said.get("applications", 0),
        access=tuple(map(tuple, said.get("access", ()))),
        builds=said.get("builds"),
    )


def joined(
    *, accept: bool = False, config: str = "", addons: tuple[str, ...] = (), store: tuple[str, ...] = ()
) -> tuple[Any, ...]:
    """How a member joins its hub."""
    return (accept, config, tuple(addons), tuple(store))


def brought(name: str, namespaces: tuple[str, ...] = ("ai-serving",), **more: Any) -> tuple[Any, ...]:
    """A credential of a member: what is left out is that of an opaque Secret, copied as it is."""
    pairs = {key: tuple(more.pop(key, {}).items()) for key in ("keys", "plain", "s3")}
    told = {"type": "opaque", "secret": name, "per_cluster": False, "form": "", "cluster_wide": False}
    return tuple(Delivered(name=name, namespaces=tuple(namespaces), **{**told, **more, **pairs}))


def findings(fleet: Fleet) -> Iterator[str]:
    for rule in fleet_rules():
        if rule.check is not None and rule.code.startswith(("CRED", "EXTRA", "HUB", "MIRROR", "TEAM01")):
            for problem in rule.check(fleet):
                yield f"{rule.code} {rule.severity} {dotted(problem.path)}: {problem.message}"


def placed(fleet: Fleet) -> Iterator[Manifest]:
    for manifests in hub.emit(fleet).values():
        yield from manifests


@pytest.mark.parametrize("case", FOUND, ids=lambda path: path.name)
def test_case(case: File, *, update_golden: bool) -> None:
    fleet = fleet_of(read_case(case / "fleet.yaml"))
    said = list(findings(fleet))
    found = {} if any(f" {Severity.ERROR} " in line for line in said) else hub.emit(fleet)
    emitted = {name.replace("/", "--"): items for name, items in found.items()}
    (case / "expected").mkdir(exist_ok=True)
    for file in {*emitted, *(path.name for path in (case / "expected").iterdir())}:
        text = to_documents(emitted[file]) if file in emitted else ""
        compare(case / "expected" / file, text, update=update_golden)
    if not emitted:
        (case / "expected").rmdir()
    compare(case / "findings.txt", "".join(f"{line}\n" for line in said), update=update_golden)


def test_every_rule_has_a_case_that_trips_it() -> None:
    tripped = {
        line.split()[0] for case in FOUND for line in findings(fleet_of(read_case(case / "fleet.yaml")))
    }
    ours = {code for code in tripped if code.startswith(("EXTRA", "HUB"))}
    assert ours == {rule.code for rule in fleet_rules() if rule.code.startswith(("EXTRA", "HUB"))}


@pytest.mark.parametrize("name", sorted(hub_profiles()))
def test_every_object_fits_the_schema_of_its_kind(name: str) -> None:
    profile = hub_profiles()[name]
    wanted = {**FLEET["hub"], "flavor": profile.flavor, "version": profile.version or "1.3.1", "install": {}}
    wanted |= {
        "bootstrap": "argocd",
        "klusterletConfigs": [{"name": "global", "url": "https://api.example.com"}],
    }
    repository = {**FLEET["repository"], "credentialsSecret": "repo"}
    operators = {"cert-manager": [], "kueue": ["Pod"], "opendatahub": ["kserve", "kueue"]}
    said: dict[str, Any] = {"ring": "canary", "namespaces": ["ai-serving"], "repositories": ["quay.io/a/b"]}
    said |= {
        "registration": {"accept": True, "config": "slow-line", "store": ("vault", "SecretStore", "edge")}
    }
    members = {"edge-1": {**said, "operators": operators}}
    more = {"mirror": {"registry": "m.example.com"}, "observability": {"dashboards": True}}
    for manifest in some(
        placed(fleet_of({"fleet": {"hub": wanted, "repository": repository, **more}, "members": members}))
    ):
        for item in (manifest, *inside(manifest)):
            path = schema_path(ROOT, (*profile.schemas, "olm-v0.45.0"), item["apiVersion"], item["kind"])
            assert path is not None, identify(item)
            jsonschema_rs.Draft7Validator(load_schema(path)).validate(item)


@pytest.mark.parametrize("name", sorted(hub_profiles()))
def test_the_project_of_what_is_pulled_is_on_the_cluster(name: str) -> None:
    """Without it Argo CD says that the project does not exist, and syncs nothing."""
    profile = hub_profiles()[name]
    wanted = {**FLEET["hub"], "flavor": profile.flavor, "version": profile.version or "1.3.1"}
    app = {
        "name": "till",
        "repoURL": "https://git.example.com/acme/till.git",
        "path": "deploy",
        "targetRevision": "refs/tags/v1",
        "namespace": "till",
    }
    more = {"delivery": {**FLEET["delivery"], "holdWindows": True}, "extraApps": [app]}
    member = {"ring": "canary", "namespaces": ["ai-serving"], "window": "Sun 02:00-06:00 Europe/Berlin"}
    said = fleet_of({"fleet": {"hub": wanted, **more}, "members": {"edge-1": member}})
    objects = list(placed(said))
    on_hub = {item["metadata"]["name"]: item["spec"] for item in objects if item["kind"] == "AppProject"}
    brought_there = {
        item["metadata"]["name"]: (item["metadata"]["namespace"], item["spec"])
        for policy in objects
        for item in inside(policy)
        if item["kind"] == "AppProject"
    }
    assert on_hub["nearedge"]["syncWindows"]
    by_policy = {key: (profile.edge.namespace, spec) for key, spec in on_hub.items()}
    assert brought_there == ({} if profile.carriesProject else by_policy)


def inside(manifest: Manifest) -> Iterator[Manifest]:
    """ConfigurationPolicies in a Policy, and what they put on clusters; not a Secret that is all template."""
    if manifest["kind"] == "Policy":
        for template in manifest["spec"]["policy-templates"]:
            policy = template["objectDefinition"]
            # The namespace is that of the cluster, which the hub adds for each.
            yield {**policy, "metadata": {**policy["metadata"], "namespace": "edge-1"}}
            objects = [item["objectDefinition"] for item in policy["spec"].get("object-templates", ())]
            yield from (item for item in objects if item["kind"] != "Secret")


def test_argocd_may_apply_what_components_emit() -> None:
    files = sorted(CASES.glob("*/*/expected.yaml"))
    emitted = [identify(item) for path in files for item in read_documents(path.read_text(encoding="utf-8"))]
    assert {(kind.group, kind.kind) for kind in KINDS} >= {(item.group, item.kind) for item in emitted}
    scoped = {(kind.group, kind.kind) for kind in KINDS if kind.cluster}
    assert {(item.group, item.kind) for item in emitted if not item.namespace} <= scoped


def test_our_own_rights_let_argocd_delete_neither_namespaces_nor_volumes() -> None:
    """What the operator of OpenShift GitOps gives Argo CD in namespaces beside them is not ours: docs/credentials.md."""
    every = [*rights(cluster=True), *rights(cluster=False)]
    deleting = {resource for rule in every if "delete" in rule["verbs"] for resource in rule["resources"]}
    assert deleting.isdisjoint({"namespaces", "persistentvolumeclaims"})
    assert {verb for rule in every for verb in rule["verbs"]}.isdisjoint({"*", "escalate", "bind"})


@pytest.mark.parametrize("flavor", ["acm", "ocm"])
def test_argocd_changes_what_is_in_namespaces_only_in_those_of_the_fleet(flavor: str) -> None:
    """A Job in kube-system would be the cluster; each namespace has a RoleBinding of its own, also on the hub."""
    case = {
        "fleet": {"hub": {"cluster": "hub", "flavor": flavor}},
        "members": {"shop": {"ring": "canary", "namespaces": ["ai"], "profile": "upstream"}},
    }
    objects = [entry for item in placed(fleet_of(case)) for entry in (item, *inside(item))]
    roles = {item["metadata"]["name"]: item["rules"] for item in objects if item["kind"] == "ClusterRole"}
    writing = [rule for rule in roles["nearedge-argocd"] if {*rule["verbs"]} - {"get", "list", "watch"}]
    scoped = {kind.resource for kind in KINDS if kind.cluster}
    assert {name for rule in writing for name in rule["resources"]} == scoped
    bound = {
        (item["metadata"]["namespace"], item["roleRef"]["name"])
        for item in objects
        if item["kind"] == "RoleBinding"
    }
    assert bound >= {(name, "nearedge-argocd-namespaces") for name in ("ai", "ai-training")}


def test_each_cluster_is_kept_and_neither_accepted_nor_refused() -> None:
    fleet = fleet_of({"crowd": {"canary": 3}})
    clusters = [item for item in placed(fleet) if item["kind"] == "ManagedCluster"]
    assert [item["metadata"]["name"] for item in clusters] == ["canary-0000", "canary-0001", "canary-0002"]
    assert all("spec" not in item for item in clusters)
    kept = [item["metadata"]["annotations"]["argocd.argoproj.io/sync-options"] for item in clusters]
    assert set(kept) == {"Prune=false,Delete=false"}


def test_objects_beside_clusters_do_not_grow_with_the_fleet() -> None:
    few, many = (fleet_of({"crowd": {"canary": size}}) for size in (2, 50))
    grown = [sum(1 for _ in placed(fleet)) - len(fleet.managed) for fleet in (few, many)]
    assert grown[0] == grown[1]


@pytest.mark.parametrize("length", [10, 44, 45, 46, 63])
def test_policy_names_fit_their_namespace(length: int) -> None:
    name = policy_name("n" * length, "nearedge-policies")
    assert len("nearedge-policies") + len(name) <= LONGEST
    assert (name == "n" * length) == (length <= 45)


def test_long_policy_names_stay_apart() -> None:
    first, second = (policy_name(f"namespace-{'n' * 50}-{i}", "nearedge-policies") for i in (1, 2))
    assert first != second


@pytest.mark.parametrize(
    ("flavor", "version", "name"),
    [
        ("acm", "2.16", "acm-2.16"),
        ("acm", "2.16.3", "acm-2.16"),
        ("acm", "2.11", None),
        ("ocm", "1.3", "ocm"),
    ],
)
def test_a_hub_finds_its_profile(flavor: str, version: str, name: str | None) -> None:
    found = profile_of(Hub.model_validate({"cluster": "hub", "flavor": flavor, "version": version}))
    assert (found.name if found else None) == name


@pytest.mark.parametrize(("text", "number"), [("15m", 900), ("1h30m", 5400), ("45s", 45), ("0m", 0)])
def test_durations_are_read_in_seconds(text: str, number: int) -> None:
    assert seconds(text) == number


@pytest.mark.parametrize(
    ("number", "text"), [(900, "15m0s"), (5400, "1h30m0s"), (45, "45s"), (3600, "1h0m0s"), (0, "0s")]
)
def test_durations_are_written_as_go_does(number: int, text: str) -> None:
    assert go_duration(number) == text
    assert seconds(text) == number
