"""What becomes of Policies that are there: rotation, drift, settings, upgrades, a ring's own versions, rights that go.

One life for each of some sites, after everything on it was seen to be as said. A recording has no times: docs/live.md has.
"""

from __future__ import annotations

import copy
import shutil
import time
from collections.abc import Callable, Iterable
from pathlib import Path as File
from typing import Any

from generator.hub.kit.policies import CREDENTIAL, RIGHTS
from generator.objects.manifest import Manifest
from tests.conftest import ROOT

from . import policies_programs
from .played_olm import API
from .played_placement import SET
from .policies_edge import Edge, decoded, instance
from .policies_hub import POLICY, Hub, compiled, secret, told, values

Life = Callable[[Hub, Edge], dict[str, Any]]

ENCRYPTED = "$ocm_encrypted:"
SECONDS = 60
QUIET_SECONDS = 15
"""How long nothing is to happen where nothing may."""
RBAC = "rbac.authorization.k8s.io/v1"


def until(holds: Callable[[], bool], seconds: float = SECONDS) -> bool:
    """Whether it came about in time."""
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            return False
        time.sleep(0.3)
    return True


def whole(hub: Hub, edge: Edge) -> dict[str, Any]:
    """The life of a site that Policies deliver to."""
    return {
        "credential": _credential(hub, edge),
        "drift": _drift(hub, edge),
        "settings": _settings(hub, edge),
        "upgrade": _upgrade(hub, edge),
        "removal": _removal(hub, edge),
    }


def named(hub: Hub, kind: str, name: str) -> Manifest:
    """A copy of an object of ours."""
    (found,) = (one for one in hub.objects if (one["kind"], one["metadata"]["name"]) == (kind, name))
    return copy.deepcopy(found)


def spec_of(policy: Manifest, number: int = 0) -> dict[str, Any]:
    """The spec of one of its templates, to be changed."""
    found: dict[str, Any] = policy["spec"]["policy-templates"][number]["objectDefinition"]["spec"]
    return found


def _is(hub: Hub, edge: Edge, policy: str, state: str = "Compliant") -> bool:
    found = hub.replicated(edge.name).get(policy)
    return found is not None and found.get("status", {}).get("compliant") == state


def _credential(hub: Hub, edge: Edge) -> dict[str, Any]:
    """The Secret that opens the repository: encrypted on its way, rotated, with a key less, and with its source gone."""
    name = hub.fleet.spec.repository.credentialsSecret or ""
    space = hub.fleet.spec.hub.policyNamespace
    there = _repository(edge)
    before = str(hub.replicated(edge.name)[CREDENTIAL])
    found: dict[str, Any] = {
        "arrives": decoded(edge.client.get(there)) == values(name),
        "encryptedOnTheHub": ENCRYPTED in before
        and not any(one in before for one in values(name).values() if "/" in one),
    }
    hub.client.apply(secret(name, space, values(name, 2)))
    found["rotated"] = until(lambda: decoded(edge.client.get(there)) == values(name, 2))
    less = {key: value for key, value in values(name, 3).items() if key != "password"}
    hub.client.apply(secret(name, space, less))
    found["keyThatLeftIsGone"] = until(lambda: decoded(edge.client.get(there)) == less)
    hub.client.remove(secret(name, space, {}))
    found["withoutItsSource"] = {
        "policy": "NonCompliant" if until(lambda: _is(hub, edge, CREDENTIAL, "NonCompliant")) else None,
        "stays": decoded(edge.client.get(there)) == less,
        "says": until(lambda: "not found" in str(told(hub.replicated(edge.name)[CREDENTIAL]))),
    }
    hub.client.apply(secret(name, space, values(name, 4)))
    found["comesBack"] = until(lambda: decoded(edge.client.get(there)) == values(name, 4))
    return found


def away(hub: Hub, edge: Edge) -> dict[str, Any]:
    """The hub cannot be reached: what it is told meanwhile waits, the site goes on by itself, after a restart as well."""
    name, space = hub.fleet.spec.repository.credentialsSecret or "", hub.fleet.spec.hub.policyNamespace
    there = _repository(edge)
    # Which edition depends on the lives before this one, on the same hub.
    had = decoded(edge.client.get(there))
    policy = _looking_often(hub, edge)
    role = copy.deepcopy(spec_of(policy)["object-templates"][0]["objectDefinition"])
    edge.line.cut()
    wanted = spec_of(policy)["object-templates"][0]["objectDefinition"]
    wanted["rules"].append({"apiGroups": ["batch"], "resources": ["jobs"], "verbs": ["get"]})
    hub.client.apply(policy)
    hub.client.apply(secret(name, space, values(name, 9)))
    edge.client.remove(role)
    found: dict[str, Any] = {"removedComesBack": until(lambda: edge.client.get(role) is not None)}
    time.sleep(QUIET_SECONDS)
    found["nothingOfTheHubArrives"] = (
        _rules(edge, role) == role["rules"] and decoded(edge.client.get(there)) == had
    )
    found["theHubSaysWhatItHeardLast"] = _states(hub, edge)
    edge.controller.process.terminate()
    edge.controller.process.wait(SECONDS)
    edge.client.remove(role)
    with policies_programs.controller(edge.plane, edge.name):
        found["removedComesBackAfterARestart"] = until(lambda: _rules(edge, role) == role["rules"])
        edge.line.mend()
        found["arrivesWhenItIsBack"] = until(
            lambda: (
                _rules(edge, role) == wanted["rules"] and decoded(edge.client.get(there)) == values(name, 9)
            ),
            3 * SECONDS,
        )
        found["allCompliant"] = until(lambda: _all_well(hub, edge), 2 * SECONDS)
    return found


def _rules(edge: Edge, role: Manifest) -> Any:
    return (edge.client.get(role) or {}).get("rules")


def _repository(edge: Edge) -> Manifest:
    (entry,) = edge.templates("ConfigurationPolicy")[CREDENTIAL]["spec"]["object-templates"]
    found: Manifest = entry["objectDefinition"]
    return found


def _drift(hub: Hub, edge: Edge) -> dict[str, Any]:
    """Somebody changes a role by hand."""
    policy = _looking_often(hub, edge)
    wanted = spec_of(policy)["object-templates"][0]["objectDefinition"]
    more = {"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}
    changed = {"metadata": {"labels": {"of": "somebody"}}, "rules": [*wanted["rules"][1:], more]}
    edge.client.merge(wanted, changed)
    found = {"takenBack": until(lambda: (edge.client.get(wanted) or {})["rules"] == wanted["rules"])}
    labels = (edge.client.get(wanted) or {})["metadata"]["labels"]
    edge.client.remove(wanted)
    return {
        **found,
        "labelOfSomebodyStays": labels.get("of") == "somebody",
        "removedComesBack": until(lambda: edge.client.get(wanted) is not None),
    }


def _looking_often(hub: Hub, edge: Edge) -> Manifest:
    """The Policy of our rights, which looks each ten minutes, looks each five seconds on this site from now on."""
    policy = named(hub, "Policy", RIGHTS)
    spec_of(policy)["evaluationInterval"]["compliant"] = "5s"
    hub.client.apply(policy)
    until(
        lambda: (
            edge.templates("ConfigurationPolicy")[RIGHTS]["spec"]["evaluationInterval"]["compliant"] == "5s"
        )
    )
    return policy


def _settings(hub: Hub, edge: Edge) -> dict[str, Any]:
    """An Argo CD that comes later, and another value of what is in a list beside somebody's own."""
    later = instance(_repository(edge)["metadata"]["namespace"], "later")
    edge.client.apply(later)

    def env() -> dict[str, list[str]]:
        listed: dict[str, list[str]] = {}
        for item in (edge.client.get(later) or {})["spec"].get("controller", {}).get("env", ()):
            listed.setdefault(item["name"], []).append(item["value"])
        return listed

    found: dict[str, Any] = {"laterInstanceHasThem": until(lambda: bool(env()), 2 * SECONDS)}
    listed = (edge.client.get(later) or {})["spec"]["controller"]["env"]
    own = {"name": "OWN", "value": "1"}
    edge.client.merge(later, {"spec": {"controller": {"env": [*listed, own]}}})
    policy = named(hub, "Policy", "argocd-settings")
    (key, (before,)), *_ = env().items()
    spec = spec_of(policy)
    spec["object-templates-raw"] = spec["object-templates-raw"].replace(f'"{before}"', '"12345"')
    hub.client.apply(policy)
    found["otherValueArrives"] = until(lambda: env().get(key) == ["12345"])
    return {**found, "somebodysOwnStays": env().get("OWN") == ["1"]}


def _upgrade(hub: Hub, edge: Edge) -> dict[str, Any]:
    """A newer version of two operators: nothing happens by itself; then a pin of the ring lets one of them go up."""
    package, other = "lvms-operator", "openshift-cert-manager-operator"
    first, second = f"{package}.v1.0.0", f"{package}.v2.0.0"
    edge.olm.offer(package, second)
    edge.olm.offer(other, f"{other}.v2.0.0")
    until(lambda: _subscription(edge, package)["status"]["currentCSV"] == second)
    time.sleep(QUIET_SECONDS)
    words = f"an InstallPlan to update to [{second}] is available for approval"
    found: dict[str, Any] = {
        "offered": {"installed": _installed(edge, package), "policiesAre": _states(hub, edge)},
        "saysSo": until(lambda: words in str([told(item) for item in hub.replicated(edge.name).values()])),
    }
    pinned = _pinned(hub, edge, {"lvms": [first, second]})
    old = {name for name in hub.replicated(edge.name) if name.startswith("operator-lvms-")}
    hub.apply(pinned)
    moved = until(lambda: _installed(edge, package) == second and _all_well(hub, edge), 2 * SECONDS)
    now = {name for name in hub.replicated(edge.name) if name.startswith("operator-lvms-")}
    found["pinned"] = {
        "allCompliant": moved,
        "installed": _installed(edge, package),
        "otherOperator": _installed(edge, other),
        "policyOfTheRingOnly": len(now) == 1 and not now & old,
    }
    found["backAndForth"] = _back_and_forth(hub, edge, pinned)
    return found


def _back_and_forth(hub: Hub, edge: Edge, pinned: Iterable[Manifest]) -> dict[str, Any]:
    """Moves between two variants where the new decision is there for a while before the old one goes."""
    stuck = 0
    sides = [[item for item in side if item["kind"] == "ManagedCluster"] for side in (hub.objects, pinned)]
    pauses = (0.5, 0.5, 1, 1, 2, 2)
    for i, pause in enumerate(pauses):
        old = set(hub.replicated(edge.name))
        for item in sides[i % 2]:
            hub.client.apply(item)
        hub.decide(growing=True)
        time.sleep(pause)
        hub.decide()
        gone = until(lambda before=old: not _superseded(hub, edge, before), SECONDS)  # type: ignore[misc]
        stuck += not (gone and until(lambda: _all_well(hub, edge), SECONDS))
    return {"moves": len(pauses), "stuck": stuck}


def _superseded(hub: Hub, edge: Edge, before: set[str]) -> bool:
    """Whether a Policy from before is still there beside the one that took its place."""
    lvms = [name for name in hub.replicated(edge.name) if name.startswith("operator-lvms-")]
    return len(lvms) != 1 or lvms[0] in before


def _pinned(hub: Hub, edge: Edge, versions: dict[str, list[str]]) -> tuple[Manifest, ...]:
    """The hub's objects when the ring of a site pins operators."""
    (ring,) = {member.ring for member in hub.fleet.managed if member.name == edge.name}
    root = edge.plane.folder / "pinned"
    shutil.copytree(_root(hub) / "clusters", root / "clusters")
    path = root / "clusters/fleet.yaml"
    said = "{" + ", ".join(f"{name}: {{versions: [{', '.join(of)}]}}" for name, of in versions.items()) + "}"
    line = f"- {{name: {ring}, revision: refs/heads/ring/{ring}}}"
    text = path.read_text("utf-8")
    if line not in text:
        raise AssertionError(f"no ring {ring} as one line in {path}")
    path.write_text(text.replace(line, f"{line[:-1]}, pins: {{operators: {said}}}}}"), "utf-8")
    return compiled(root, hub.fleet.spec.hub.cluster)[1]


def _root(hub: Hub) -> File:
    return ROOT / "tests/fleets/policy" if hub.fleet.spec.delivery.model == "policy" else ROOT


def _removal(hub: Hub, edge: Edge) -> dict[str, Any]:
    """The site leaves the fleet, and all its Policies go: what they made stays."""
    (bound,) = edge.templates("ConfigurationPolicy")[RIGHTS]["spec"]["object-templates"][2:]
    subscriptions = {item["metadata"]["name"] for item in edge.client.list(API, "Subscription")}
    # It leaves its set: who deletes a ManagedCluster deletes its namespace on the hub, and with it what the edge looks at.
    hub.client.merge(named(hub, "ManagedCluster", edge.name), {"metadata": {"labels": {SET: None}}})
    hub.decide()
    gone = until(lambda: not edge.client.list(POLICY, "Policy", edge.name), 2 * SECONDS)
    until(lambda: not edge.templates("ConfigurationPolicy") and not edge.templates("OperatorPolicy"))
    time.sleep(QUIET_SECONDS)
    return {
        "policiesAreGone": gone,
        "templatesAreGone": not edge.templates("ConfigurationPolicy")
        and not edge.templates("OperatorPolicy"),
        "rightsStay": edge.client.get(bound["objectDefinition"]) is not None,
        "subscriptionsStay": {item["metadata"]["name"] for item in edge.client.list(API, "Subscription")}
        == subscriptions,
    }


def rights(hub: Hub, edge: Edge) -> dict[str, Any]:
    """Rights of a team: one that leaves the spec goes, all go with the cluster's label, and a role of somebody else stays."""
    name = next(one for one in hub.replicated(edge.name) if one.startswith("access-"))
    policy = named(hub, "Policy", name)
    first, *others = [entry["objectDefinition"] for entry in spec_of(policy)["object-templates"]]
    found: dict[str, Any] = {"given": all(edge.client.get(item) for item in (first, *others))}
    del spec_of(policy)["object-templates"][0]
    hub.client.apply(policy)
    found["oneIsTakenOut"] = until(lambda: edge.client.get(first) is None)
    found["othersStay"] = all(edge.client.get(item) for item in others)
    cluster = named(hub, "ManagedCluster", edge.name)
    labels = cluster["metadata"]["labels"]
    for label in [key for key in labels if key.startswith("access.")]:
        del labels[label]
    hub.client.apply(cluster)
    hub.decide()
    found["allGoWithTheLabel"] = until(lambda: not any(edge.client.get(item) for item in others))
    space = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": first["metadata"]["namespace"]}}
    return {**found, "namespaceStays": edge.client.get(space) is not None}


def grown(hub: Hub, edge: Edge) -> dict[str, Any]:
    """A volume of Kafka gets larger: as we say it, and as a musthave would have it."""
    name = next(one for one in hub.replicated(edge.name) if one.startswith("operator-kafka-"))
    found: dict[str, Any] = {}
    for kind, size in (("mustonlyhave", "200Gi"), ("musthave", "300Gi")):
        policy = named(hub, "Policy", name)
        (entry,) = (
            one
            for one in spec_of(policy, 2)["object-templates"]
            if one["objectDefinition"]["kind"] == "KafkaNodePool"
        )
        entry["complianceType"] = kind
        pool = entry["objectDefinition"]
        pool["spec"]["storage"]["volumes"][0]["size"] = size
        hub.client.apply(policy)
        until(lambda pool=pool, size=size: size in str(edge.client.get(pool)))  # type: ignore[misc]
        listed = (edge.client.get(pool) or {})["spec"]["storage"]["volumes"]
        found[kind] = [{"id": one["id"], "size": one["size"]} for one in listed]
    return found


def _subscription(edge: Edge, package: str) -> Manifest:
    (found,) = (item for item in edge.client.list(API, "Subscription") if item["spec"]["name"] == package)
    return found


def _installed(edge: Edge, package: str) -> str:
    return str(_subscription(edge, package)["status"].get("installedCSV"))


def _states(hub: Hub, edge: Edge) -> list[str]:
    found = {str(item.get("status", {}).get("compliant")) for item in hub.replicated(edge.name).values()}
    return sorted(found)


def _all_well(hub: Hub, edge: Edge) -> bool:
    return _states(hub, edge) == ["Compliant"]


LIVES: dict[str, Life] = {
    "policy/shop-1": whole,
    "policy/shop-2": away,
    "example/plant-104": rights,
    "example/local-cluster": grown,
}
