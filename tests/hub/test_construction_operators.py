"""What nearedge cannot get wrong of operators: properties of everything that is installed, one for each upstream
rule that generator/data/coverage.yaml calls impossible by construction.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from generator.components.kit.component import Cluster
from generator.components.kit.images_in import packages
from generator.components.platform import Install, chosen, installs
from generator.components.platform.install import SETTINGS
from generator.facts.profiles import profiles
from generator.fleet.fleet import Fleet
from generator.hub.kit.installs import variants
from generator.hub.kit.templates import OPENSHIFT_CHANNEL
from generator.objects.manifest import Manifest
from tests.conftest import some
from tests.construction import every_hub, hubs, sites

QUEUE = "kueue.x-k8s.io/queue-name"


def every_install(name: str = "") -> Iterator[tuple[Cluster, Install]]:
    """Operators of all clusters, or those of a name; there are some, or nothing would be shown."""
    chosen_of = [(site.cluster, chosen(site.cluster)) for site in sites()]
    found = [
        (cluster, item)
        for cluster, names in chosen_of
        for item in installs(cluster.profile.name, names)
        if name in {"", item.name}
    ]
    assert len(found) > 10, name
    yield from found


def own_objects(kind: str, operator: str) -> Iterator[tuple[Cluster, Manifest]]:
    found = [
        (cluster, entry)
        for cluster, item in every_install(operator)
        for entry in item.objects
        if entry["kind"] == kind
    ]
    assert len(found) > 10, kind
    yield from found


def test_the_platform_manages_no_kueue() -> None:
    states = set()
    for cluster, item in own_objects("DataScienceCluster", "opendatahub"):
        state = item["spec"]["components"]["kueue"]["managementState"]
        states.add(state)
        assert (state == "Unmanaged") == ("kueue" in dict(chosen(cluster)))
    assert states == {"Unmanaged", "Removed"}
    for cluster, install in every_install("opendatahub"):
        assert ("kueue" in install.requires) == ("kueue" in dict(chosen(cluster)))


def test_there_is_one_data_science_cluster() -> None:
    versions = set()
    for cluster, install in every_install("opendatahub"):
        # Beside them only what component codeflare is told with.
        own = [item for item in install.objects if item["kind"] not in SETTINGS]
        kinds = [(item["kind"], item["metadata"]["name"]) for item in own]
        assert kinds == [("DSCInitialization", "default-dsci"), ("DataScienceCluster", "default-dsc")]
        versions |= {(cluster.profile.name, item["apiVersion"].rpartition("/")[2]) for item in own}
    assert versions == {
        (name, "v1" if name in {"odh-2.35", "rhoai-2.25"} else "v2")
        for name, profile in profiles().items()
        if profile.platform and not profile.like
    }


def test_kserve_runs_in_raw_mode() -> None:
    """Of its Services nothing is said, so they are headless, as docs/serving.md tells callers."""
    for cluster, item in own_objects("DataScienceCluster", "opendatahub"):
        kserve = item["spec"]["components"]["kserve"]
        assert "rawDeploymentServiceConfig" not in kserve
        if item["apiVersion"].endswith("/v1") and kserve["managementState"] == "Managed":
            assert kserve["defaultDeploymentMode"] == "RawDeployment", cluster.name
            assert kserve["serving"] == {"managementState": "Removed"}


def test_kueue_is_told_of_what_is_queued() -> None:
    framework = {
        "RayCluster": {"RayCluster"},
        "RayJob": {"RayJob"},
        "InferenceService": {"Deployment"},
        "LLMInferenceService": {"Deployment"},
        "AppWrapper": {"AppWrapper"},
        "Notebook": {"StatefulSet"},
        "PyTorchJob": {"PyTorchJob"},
        "TrainJob": {"TrainJob"},
    }
    by_cluster = {id(site.cluster): site.objects for site in sites()}
    for cluster, item in own_objects("Kueue", "kueue"):
        listed = [entry for entry in by_cluster[id(cluster)] if QUEUE in entry["metadata"]["labels"]]
        queued = {entry["kind"] for entry in listed}
        # Before Kueue 0.18 each RayCluster that a RayService makes is admitted by itself.
        served = "RayService" if cluster.profile.kueue.rayService else "RayCluster"
        wanted = {one for kind in queued for one in {**framework, "RayService": {served}}[kind]}
        if any(
            "worker" in part for entry in listed for part in (entry["spec"], entry["spec"].get("prefill", {}))
        ):
            wanted.add("LeaderWorkerSet")
        told = set(item["spec"]["config"]["integrations"]["frameworks"])
        assert wanted == told - {"Pod", "BatchJob"}
        assert bool(told & {"Deployment", "StatefulSet"}) == ("Pod" in told)


def test_a_namespace_has_one_operator_group() -> None:
    for site in sites():
        listed = installs(site.cluster.profile.name, chosen(site.cluster))
        own = Counter(item.namespace for item in listed if item.group != "existing")
        assert set(own.values()) <= {1}
    for _, policy in every_operator_policy():
        group, subscription = policy["spec"].get("operatorGroup"), policy["spec"]["subscription"]
        if group is not None:
            assert group["namespace"] == subscription["namespace"]
            assert group.get("targetNamespaces", [group["namespace"]]) == [group["namespace"]]


def test_install_plans_are_approved() -> None:
    """The first one always (config-policy-controller: upgradeApproval is of upgrades); later ones where somebody says so."""
    approvals = set()
    for _, policy in every_operator_policy():
        approval = policy["spec"]["upgradeApproval"]
        approvals.add(approval)
        assert approval in {"Automatic", "None"}
        assert approval == "Automatic" or "versions" not in policy["spec"]
        assert "installPlanApproval" not in policy["spec"]["subscription"]
        assert {"name", "namespace", "source"} <= policy["spec"]["subscription"].keys()
        assert policy["spec"].get("versions", []) == [
            version for version in (policy["spec"]["subscription"].get("startingCSV"),) if version
        ]
    assert approvals == {"Automatic", "None"}


def every_operator_policy() -> Iterator[tuple[Fleet, Manifest]]:
    found = [
        (fleet, template["objectDefinition"])
        for fleet, item in every_hub("Policy")
        for template in item["spec"]["policy-templates"]
        if template["objectDefinition"]["kind"] == "OperatorPolicy"
    ]
    assert len(found) > 10
    yield from found


def test_objects_of_operators_wait_for_their_operator() -> None:
    seen = 0
    for _, item in every_hub("Policy"):
        templates = item["spec"]["policy-templates"]
        kinds = [template["objectDefinition"]["kind"] for template in templates]
        if "OperatorPolicy" not in kinds:
            continue
        name = templates[kinds.index("OperatorPolicy")]["objectDefinition"]["metadata"]["name"]
        after = templates[kinds.index("OperatorPolicy") + 1 :]
        for template in after:
            seen += 1
            (needed,) = template["extraDependencies"]
            assert (needed["kind"], needed["name"], needed["compliance"]) == (
                "OperatorPolicy",
                name,
                "Compliant",
            )
            assert "ignorePending" not in template
        for needed in (one for template in templates for one in template.get("extraDependencies", ())):
            assert needed.keys() == {"apiVersion", "kind", "name", "compliance"}
    assert seen > 10


def test_each_policy_of_an_operator_has_a_template_that_waits_for_nothing_and_is_looked_at_often() -> None:
    # Recorded: without one a Policy whose dependency became Compliant unseen stays Pending (docs/live.md).
    for item in some(every_operator_policy_whole()):
        first, operator, *_ = item["spec"]["policy-templates"]
        assert "dependencies" not in item["spec"]
        assert "extraDependencies" not in first
        assert first["objectDefinition"]["spec"]["evaluationInterval"]["compliant"] == "1m"
        assert {one["kind"] for one in operator["extraDependencies"]} >= {"ConfigurationPolicy"}


def test_an_operator_without_a_channel_takes_that_of_its_cluster() -> None:
    # Seen: without one it takes the default of a package, which another catalog may have too (docs/live.md).
    found = [item["spec"]["subscription"] for _, item in every_operator_policy()]
    of_release = {item["name"] for item in found if item["channel"] == OPENSHIFT_CHANNEL}
    assert of_release == {"lvms-operator"}
    assert not [item for item in found if "{{" in item["channel"] and item["name"] not in of_release]
    (asked,) = {item for item in packages(some(every_lvms())[0]) if item.name == "lvms-operator"}
    assert asked.channel == ""  # the mirror brings the default of its catalog


def every_lvms() -> Iterator[Manifest]:
    return (item for _, item in every_operator_policy() if "lvms" in item["metadata"]["name"])


def test_an_operator_has_one_name_in_all_its_variants() -> None:
    # Recorded: two OperatorPolicies of two names claim one Subscription while a cluster moves (docs/live.md).
    names: dict[str, set[str]] = {}
    for _, item in every_operator_policy():
        names.setdefault(item["spec"]["subscription"]["name"], set()).add(item["metadata"]["name"])
    assert len(names) > 5
    for package, found in names.items():
        assert len(found) == 1, package


def every_operator_policy_whole() -> Iterator[Manifest]:
    for _, item in every_hub("Policy"):
        kinds = [entry["objectDefinition"]["kind"] for entry in item["spec"]["policy-templates"]]
        if "OperatorPolicy" in kinds:
            yield item


def test_policies_of_operators_depend_on_policies_of_the_same_clusters() -> None:
    seen = 0
    for fleet, objects in hubs():
        placed = {
            member.name: {f"operator-{item.name}-{mark}" for item, mark, _ in variants(member)}
            for member in fleet.members
        }
        for item in objects:
            templates = item.get("spec", {}).get("policy-templates", ()) if item["kind"] == "Policy" else ()
            needed = {
                one["name"]
                for template in templates
                for one in template.get("extraDependencies", ())
                if one["kind"] == "Policy"
            }
            for names in placed.values():
                if item["metadata"]["name"] in names:
                    seen += len(needed)
                    assert needed <= names
    assert seen > 10
