"""What nearedge cannot get wrong: properties of everything that is emitted, one for each upstream rule that
generator/data/coverage.yaml calls impossible by construction.

They are looked for in random clusters and fleets (strategies.py) and in all case folders that are free of errors.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from itertools import chain
from typing import Any, NamedTuple

import pytest
from pydantic import TypeAdapter, ValidationError

from generator import hub
from generator.check import rules
from generator.compile import compile_cluster
from generator.component import Cluster
from generator.components.kueue import Flavor
from generator.components.namespaces import used
from generator.conformance import library
from generator.coverage import State, upstream
from generator.difference import canonical
from generator.finding import Severity
from generator.fleet import Fleet, Member
from generator.hub.edge import KINDS
from generator.manifest import SYNC_WAVE, Manifest, content_hash, identify
from generator.podsecurity import containers
from generator.profile import profiles
from generator.quantity import canonical as canonical_quantity
from generator.runtime import SERVER
from generator.spec import GitRef, Image, Metadata, Repository, Ring, Taint
from generator.workload import workloads

from .conftest import CASES, ROOT, build, read_case
from .strategies import clusters, fleets, manifests, sample

QUEUE = "kueue.x-k8s.io/queue-name"


class Site(NamedTuple):
    """A cluster and its objects."""

    cluster: Cluster
    objects: tuple[Manifest, ...]


@cache
def sites() -> tuple[Site, ...]:
    cases = (build(read_case(path))[0] for path in sorted(CASES.glob("*/*/spec.yaml")))
    kept = [cluster for cluster in cases if cluster is not None and not refused(cluster)]
    return tuple(Site(cluster, manifests(cluster)) for cluster in (*kept, *sample(clusters(), 60)))


def refused(cluster: Cluster) -> bool:
    errors = (rule for rule in rules("cluster") if rule.severity is Severity.ERROR and rule.check is not None)
    return any(next(iter(rule.check(cluster)), None) for rule in errors if rule.check is not None)


@cache
def hubs() -> tuple[tuple[Fleet, tuple[Manifest, ...]], ...]:
    found = sample(fleets(), 40)
    return tuple((fleet, tuple(chain.from_iterable(hub.emit(fleet).values()))) for fleet in found)


def every(kind: str) -> Iterator[tuple[Cluster, Manifest]]:
    """All objects of a kind; there are some, or nothing would be shown."""
    found = [(site.cluster, item) for site in sites() for item in site.objects if item["kind"] == kind]
    assert len(found) > 10, kind
    yield from found


def every_hub(kind: str) -> Iterator[tuple[Fleet, Manifest]]:
    found = [(fleet, item) for fleet, objects in hubs() for item in objects if item["kind"] == kind]
    assert len(found) > 10, kind
    yield from found


def ray_specs() -> Iterator[Manifest]:
    """The spec of each Ray cluster, those of jobs included."""
    yield from (item["spec"] for _, item in every("RayCluster"))
    yield from (own for _, item in every("RayJob") if (own := item["spec"].get("rayClusterSpec")))


def walk(value: Any) -> Iterator[tuple[str, Any]]:
    """Every key below a value, with what it holds."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield key, item
            yield from walk(item)
    elif isinstance(value, list):
        for item in value:
            yield from walk(item)


def refuses(annotation: Any, value: Any) -> bool:
    try:
        TypeAdapter(annotation).validate_python(value)
    except ValidationError:
        return True
    return False


# Kueue


def test_taint_effects_are_those_of_kubernetes() -> None:
    effects = ("NoSchedule", "PreferNoSchedule", "NoExecute", "noschedule", "", "Never")
    assert [refuses(Taint, {"key": "k", "effect": effect}) for effect in effects] == [False] * 3 + [True] * 3
    taints = (
        taint for _, flavor in every("ResourceFlavor") for taint in flavor["spec"].get("nodeTaints", ())
    )
    assert {taint["effect"] for taint in taints} <= set(effects[:3])


@pytest.mark.parametrize("field", ["nodeTaints", "tolerations"])
def test_flavors_take_eight_taints(field: str) -> None:
    item = {"key": "k", "effect": "NoSchedule"}
    assert not refuses(Flavor, {"name": "f", field: [item] * 8})
    assert refuses(Flavor, {"name": "f", field: [item] * 9})


def test_waves_follow_what_needs_what() -> None:
    order = (
        "Namespace",
        "ResourceFlavor",
        "ClusterQueue",
        "LocalQueue",
        "ServingRuntime",
        "InferenceService",
    )
    waves = [{int(item["metadata"]["annotations"][SYNC_WAVE]) for _, item in every(kind)} for kind in order]
    assert all(len(found) == 1 for found in waves)
    assert [min(found) for found in waves] == sorted(min(found) for found in waves)
    workload = {int(item["metadata"]["annotations"][SYNC_WAVE]) for _, item in every("RayCluster")}
    assert min(workload) > max(waves[2])


def test_cells_follow_the_covered_resources() -> None:
    for _, queue in every("ClusterQueue"):
        for group in queue["spec"]["resourceGroups"]:
            for flavor in group["flavors"]:
                assert [cell["name"] for cell in flavor["resources"]] == group["coveredResources"]


def test_groups_share_nothing() -> None:
    shapes = set()
    for _, queue in every("ClusterQueue"):
        groups = queue["spec"]["resourceGroups"]
        resources = Counter(name for group in groups for name in group["coveredResources"])
        flavors = Counter(flavor["name"] for group in groups for flavor in group["flavors"])
        assert max(resources.values()) == max(flavors.values()) == 1
        shapes.add((len(groups), len(flavors)))
    assert max(groups for groups, _ in shapes) > 1


def test_quantities_are_canonical() -> None:
    limits = ("nominalQuota", "borrowingLimit", "lendingLimit")
    found = [value for _, queue in every("ClusterQueue") for key, value in walk(queue) if key in limits]
    assert len(found) > 20
    assert all(isinstance(value, str) and canonical_quantity(value) == value for value in found)
    assert not any(value.startswith("-") for value in found)


def test_queues_select_their_namespace() -> None:
    for site in sites():
        local = {item["metadata"]["name"]: item for item in site.objects if item["kind"] == "LocalQueue"}
        for queue in (item for item in site.objects if item["kind"] == "ClusterQueue"):
            namespace = local[queue["metadata"]["name"]]["metadata"]["namespace"]
            selector = {"matchLabels": {"kubernetes.io/metadata.name": namespace}}
            assert queue["spec"]["namespaceSelector"] == selector


def test_local_queues_lead_to_the_queue_of_their_name() -> None:
    for _, queue in every("LocalQueue"):
        assert queue["spec"] == {"clusterQueue": queue["metadata"]["name"]}


def test_priority_classes_have_a_value() -> None:
    for _, item in every("WorkloadPriorityClass"):
        assert isinstance(item["value"], int)
        assert "spec" not in item


def test_objects_fit_their_schemas() -> None:
    seen = set()
    for site in sites():
        texts = [canonical(item) for item in site.objects]
        assert list(library().judge(ROOT, site.cluster.profile.schemas, texts)) == []
        seen |= {(site.cluster.profile.name, item["kind"]) for item in site.objects}
    assert seen >= {(name, kind) for name in profiles() for kind in ("ClusterQueue", "Cohort", "RayCluster")}


def test_nothing_is_ever_suspended() -> None:
    for kind in ("RayCluster", "RayJob"):
        assert all(key != "suspend" for _, item in every(kind) for key, _ in walk(item["spec"]))


def test_kueues_changes_are_left_alone() -> None:
    written = ("spec.nodeSelector", "spec.tolerations", "metadata", "spec.schedulingGates")
    for _, found in every_hub("ApplicationSet"):
        spec = found["spec"]["template"]["spec"]
        assert "RespectIgnoreDifferences=true" in spec["syncPolicy"]["syncOptions"]
        ignored = {item["kind"]: item["jqPathExpressions"] for item in spec["ignoreDifferences"]}
        for kind, at in (("RayCluster", ".spec"), ("RayJob", ".spec.rayClusterSpec")):
            assert ".spec.suspend" in ignored[kind]
            for pod in ("headGroupSpec.template", "workerGroupSpecs[]?.template"):
                assert {f"{at}.{pod}.{field}" for field in written} <= set(ignored[kind])


def test_namespaces_of_queues_are_managed() -> None:
    for site in sites():
        labels = {
            item["metadata"]["name"]: item["metadata"]["labels"].items()
            for item in site.objects
            if item["kind"] == "Namespace"
        }
        queued = [item for item in site.objects if QUEUE in item["metadata"].get("labels", {})]
        local = [item for item in site.objects if item["kind"] == "LocalQueue"]
        for item in (*queued, *local):
            wanted = site.cluster.profile.kueue.namespaceLabels.items()
            assert wanted <= labels[item["metadata"]["namespace"]]
        places = {(item["metadata"]["namespace"], item["metadata"]["name"]) for item in local}
        for item in queued:
            assert (item["metadata"]["namespace"], item["metadata"]["labels"][QUEUE]) in places


# Ray


def test_ray_pods_have_one_container() -> None:
    for spec in ray_specs():
        groups = (spec["headGroupSpec"], *spec.get("workerGroupSpecs", ()))
        assert {len(group["template"]["spec"]["containers"]) for group in groups} == {1}


def test_replicas_are_always_written() -> None:
    workers = [worker for spec in ray_specs() for worker in spec.get("workerGroupSpecs", ())]
    assert len(workers) > 10
    for worker in workers:
        assert 0 <= worker["minReplicas"] <= worker["replicas"] <= worker["maxReplicas"]
        assert worker["numOfHosts"] >= 1


def test_idle_times_are_positive() -> None:
    for spec in ray_specs():
        found = [value for key, value in walk(spec) if key == "idleTimeoutSeconds"]
        options = spec.get("autoscalerOptions")
        assert found == ([options["idleTimeoutSeconds"]] if options else [])
        assert all(value > 0 for value in found)


def test_only_jobs_that_submit_have_a_submitter() -> None:
    modes = set()
    for _, job in every("RayJob"):
        modes.add(job["spec"]["submissionMode"])
        assert ("submitterPodTemplate" in job["spec"]) == (job["spec"]["submissionMode"] == "K8sJobMode")
        assert "submitterConfig" not in job["spec"]
    assert len(modes) > 1
    assert all("restartPolicy" not in spec["headGroupSpec"]["template"]["spec"] for spec in ray_specs())


# KServe


def test_one_runtime_of_a_namespace_offers_itself() -> None:
    for site in sites():
        offers: Counter[tuple[str, str]] = Counter()
        for item in (item for item in site.objects if item["kind"] == "ServingRuntime"):
            (entry,) = item["spec"]["supportedModelFormats"]
            assert "priority" not in entry
            offers[item["metadata"]["namespace"], entry["name"]] += entry["autoSelect"]
        assert max(offers.values(), default=0) <= 1


def test_the_serving_container_has_its_name() -> None:
    for _, item in every("ServingRuntime"):
        assert item["spec"]["containers"][0]["name"] == SERVER


def test_predictors_have_one_implementation() -> None:
    frameworks = {"sklearn", "xgboost", "tensorflow", "pytorch", "triton", "onnx", "huggingface", "pmml"}
    frameworks |= {"lightgbm", "paddle", "workerSpec"}
    seen = set()
    for _, item in every("InferenceService"):
        assert set(item["spec"]) == {"predictor"}
        predictor = item["spec"]["predictor"]
        (implementation,) = predictor.keys() & {"model", "containers"}
        assert not predictor.keys() & frameworks
        assert "name" not in predictor.get("model", {})
        seen.add(implementation)
    assert seen == {"model", "containers"}


def test_models_come_from_one_place() -> None:
    seen = set()
    for _, item in every("InferenceService"):
        model = item["spec"]["predictor"].get("model")
        if model is None:
            continue
        (place,) = model.keys() & {"storageUri", "storageUris", "storage"}
        seen.add(place)
        if place == "storage":
            assert model["storage"]["parameters"]["type"] == "s3"
    assert seen == {"storageUri", "storage"}


def test_deployment_mode_is_the_platforms() -> None:
    modes = set()
    for cluster, item in every("InferenceService"):
        said = item["metadata"]["annotations"].get("serving.kserve.io/deploymentMode")
        assert said == cluster.profile.kserve.deploymentMode
        modes.add(said)
    assert modes == {None, "Standard"}


def test_only_known_kinds_are_emitted() -> None:
    known = {(kind.group, kind.kind) for kind in KINDS}
    found = {identify(item)[:2] for site in sites() for item in site.objects}
    assert found <= known
    assert not {kind for _, kind in known} & {"Route", "Service", "ServiceMonitor", "Secret"}


def test_nothing_speaks_of_istio() -> None:
    keys = {
        key
        for site in sites()
        for item in site.objects
        if item["kind"] in {"InferenceService", "ServingRuntime"}
        for key, _ in walk(item)
    }
    assert len(keys) > 30
    assert not {key for key in keys if "istio.io" in key or "knative.dev" in key}


def test_images_are_pinned() -> None:
    assert refuses(Image, "quay.io/acme/a:latest")
    assert not refuses(Image, "quay.io/acme/a@sha256:" + "0" * 64)
    pods = [work.pod for site in sites() for work in workloads(site.objects)]
    images = {container["image"] for pod in pods for _, container in containers(pod)}
    assert len(images) > 5
    assert all(re.fullmatch(r"[^@:]+(:[0-9]+)?[^@:]*@sha256:[0-9a-f]{64}", image) for image in images)


# Volumes


def test_a_volume_and_its_first_user_share_a_wave() -> None:
    for site in sites():
        waves = {
            (item["kind"], item["metadata"]["namespace"], name): item["metadata"]["annotations"][SYNC_WAVE]
            for item in site.objects
            if item["kind"] in {"PersistentVolumeClaim", "Job"}
            for name in claims_of(item)
        }
        for (kind, namespace, name), wave in waves.items():
            if kind == "Job":
                assert waves["PersistentVolumeClaim", namespace, name] == wave


def claims_of(item: Manifest) -> list[str]:
    """Names of the claims that an object is or mounts."""
    if item["kind"] == "PersistentVolumeClaim":
        return [item["metadata"]["name"]]
    volumes = item["spec"]["template"]["spec"]["volumes"]
    return [
        volume["persistentVolumeClaim"]["claimName"]
        for volume in volumes
        if "persistentVolumeClaim" in volume
    ]


def test_load_jobs_are_named_after_their_content() -> None:
    by_name: dict[str, set[str]] = {}
    for _, job in every("Job"):
        assert re.search(r"-load-[0-9a-f]{8}$", job["metadata"]["name"])
        assert "ttlSecondsAfterFinished" not in job["spec"]
        by_name.setdefault(f"{identify(job)}", set()).add(content_hash(job["spec"]))
    assert all(len(contents) == 1 for contents in by_name.values())


# The hub


def placements(objects: tuple[Manifest, ...]) -> Iterator[Manifest]:
    yield from (item for item in objects if item["kind"] == "Placement")


def test_every_placement_has_its_binding() -> None:
    for _, objects in hubs():
        bindings = [item for item in objects if item["kind"] == "ManagedClusterSetBinding"]
        assert all(item["metadata"]["name"] == item["spec"]["clusterSet"] for item in bindings)
        bound = {(item["metadata"]["namespace"], item["spec"]["clusterSet"]) for item in bindings}
        for item in placements(objects):
            (name,) = item["spec"]["clusterSets"]
            assert (item["metadata"]["namespace"], name) in bound


def test_cluster_names_are_namespace_names() -> None:
    names = ("edge-1", "e", "a" * 63, "a" * 64, "Edge", "-edge", "edge-", "a.b", "a_b", "")
    assert [refuses(Metadata, {"name": name}) for name in names] == [False] * 3 + [True] * 7


def test_placements_keep_clusters_that_are_away() -> None:
    prefix = "cluster.open-cluster-management.io/"
    wanted = [{"key": f"{prefix}{key}", "operator": "Exists"} for key in ("unreachable", "unavailable")]
    for _, item in every_hub("Placement"):
        assert item["spec"]["tolerations"] == wanted
        assert "numberOfClusters" not in item["spec"]


def test_a_gitops_cluster_stays_in_one_namespace() -> None:
    for fleet, item in every_hub("GitOpsCluster"):
        namespace = item["metadata"]["namespace"]
        assert namespace == item["spec"]["argoServer"]["argoNamespace"] == fleet.spec.hub.argocdNamespace
        objects = next(found for one, found in hubs() if one is fleet)
        names = {(place["metadata"]["namespace"], place["metadata"]["name"]) for place in placements(objects)}
        assert (namespace, item["spec"]["placementRef"]["name"]) in names


def test_generators_find_decisions_beside_them() -> None:
    for fleet, objects in hubs():
        namespace = fleet.spec.hub.argocdNamespace
        there = {
            place["metadata"]["name"]: place
            for place in placements(objects)
            if in_namespace(place, namespace)
        }
        for item in (found for found in objects if found["kind"] == "ApplicationSet"):
            assert in_namespace(item, namespace)
            (generator,) = item["spec"]["generators"]
            decisions = generator["clusterDecisionResource"]
            assert "name" not in decisions
            labels = decisions["labelSelector"]["matchLabels"]
            place = there[labels["cluster.open-cluster-management.io/placement"]]
            groups = place["spec"]["decisionStrategy"]["groupStrategy"]["decisionGroups"]
            named = {group["groupName"] for group in groups}
            assert labels["cluster.open-cluster-management.io/decision-group-name"] in named
        for item in (found for found in objects if found["kind"] == "ConfigMap"):
            assert in_namespace(item, namespace)


def in_namespace(item: Manifest, namespace: str) -> bool:
    return bool(item["metadata"]["namespace"] == namespace)


def test_the_generator_is_told_the_resource() -> None:
    api = "cluster.open-cluster-management.io/v1beta1"
    wanted = {"apiVersion": api, "kind": "placementdecisions", "statusListKey": "decisions"}
    found = [item["data"] for _, objects in hubs() for item in objects if item["kind"] == "ConfigMap"]
    assert found
    assert all(data == {**wanted, "matchKey": "clusterName"} for data in found)


def test_generators_ask_again() -> None:
    for _, item in every_hub("ApplicationSet"):
        (generator,) = item["spec"]["generators"]
        assert generator["clusterDecisionResource"]["requeueAfterSeconds"] == 180
    fleet, _ = hubs()[0]
    edge = Member(
        "edge", "clusters/near-edge/edge.yaml", "near-edge", None, {}, (), "odh-3.4", openshift=True
    )
    hub_member = fleet.hub
    assert hub_member is not None
    for size, seconds in ((1000, 180), (1001, 300)):
        crowd = tuple(replace(edge, name=f"edge-{i}") for i in range(size))
        large = replace(fleet, members=(*crowd, hub_member))
        (first, *_) = hub.emit(large)["applicationsets.yaml"]
        (generator,) = first["spec"]["generators"]
        assert generator["clusterDecisionResource"]["requeueAfterSeconds"] == seconds


def test_templates_carry_the_marks_of_pull() -> None:
    prefix = "apps.open-cluster-management.io/"
    for fleet, item in every_hub("ApplicationSet"):
        template, spec = item["spec"]["template"], item["spec"]
        assert template["metadata"]["labels"] == {f"{prefix}pull-to-ocm-managed-cluster": "true"}
        notes = template["metadata"]["annotations"]
        assert notes["argocd.argoproj.io/skip-reconcile"] == "true"
        assert notes[f"{prefix}ocm-managed-cluster"] == "{{.name}}"
        destination = template["spec"]["destination"]
        assert "name" not in destination
        assert destination["server"] == "https://kubernetes.default.svc"
        assert (spec["goTemplate"], spec["goTemplateOptions"]) == (True, ["missingkey=error"])
        # Anything else in braces would be a second template language, or a variable that nobody gives.
        assert set(re.findall(r"\{\{.*?\}\}", canonical(item))) == {"{{.name}}"}
        assert fleet.spec.delivery.model == "pull"


def test_the_project_allows_what_is_delivered() -> None:
    for fleet, objects in hubs():
        (project,) = [item for item in objects if item["kind"] == "AppProject"]
        allowed = project["spec"]
        specs = [item["spec"]["template"]["spec"] for item in objects if item["kind"] == "ApplicationSet"]
        specs += [item["spec"] for item in objects if item["kind"] == "Application"]
        places = {(place["server"], place["namespace"]) for place in allowed["destinations"]}
        for spec in specs:
            assert spec["project"] == project["metadata"]["name"]
            assert spec["source"]["repoURL"] in allowed["sourceRepos"]
            assert (spec["destination"]["server"], spec["destination"]["namespace"]) in places
        inside = {name for member in fleet.members for name, _ in member.namespaces}
        assert inside <= {namespace for _, namespace in places}
        lists = (allowed["clusterResourceWhitelist"], allowed["namespaceResourceWhitelist"])
        kinds = {(item["group"], item["kind"]) for item in chain(*lists)}
        assert kinds == {(kind.group, kind.kind) for kind in KINDS}


def test_deleting_an_application_set_deletes_nothing() -> None:
    for _, item in every_hub("ApplicationSet"):
        assert item["metadata"]["finalizers"] == ["resources-finalizer.argocd.argoproj.io"]
        policy = {"preserveResourcesOnDeletion": True, "applicationsSync": "create-update"}
        assert item["spec"]["syncPolicy"] == policy
        assert "finalizers" not in item["spec"]["template"]["metadata"]


def test_policies_enforce_by_themselves() -> None:
    off = {"policy.open-cluster-management.io/disable-templates": "true"}
    for _, item in every_hub("Policy"):
        spec = item["spec"]
        assert (spec["remediationAction"], spec["copyPolicyMetadata"]) == ("enforce", False)
        for template in spec["policy-templates"]:
            definition = template["objectDefinition"]
            assert definition["spec"]["remediationAction"] == "enforce"
            assert definition["spec"].keys() & {"object-templates", "object-templates-raw"} == {
                "object-templates"
            }
            assert definition["metadata"].get("annotations") == (None if "{{hub" in canonical(item) else off)


def test_bindings_are_beside_what_they_bind() -> None:
    for _, objects in hubs():
        known = {
            (item["kind"], item["metadata"].get("namespace"), item["metadata"]["name"]) for item in objects
        }
        for item in (found for found in objects if found["kind"] == "PlacementBinding"):
            for target in (item["placementRef"], *item["subjects"]):
                assert (target["kind"], item["metadata"]["namespace"], target["name"]) in known
            assert not item.keys() & {"bindingOverrides", "subFilter"}


def test_the_hub_template_reads_one_namespace() -> None:
    seen = 0
    for fleet, item in every_hub("Policy"):
        templates = re.findall(r"\{\{.*?\}\}", canonical(item))
        seen += len(templates)
        wanted = f'{{{{hub copySecretData \\"{fleet.spec.hub.policyNamespace}\\" \\"repo\\" hub}}}}'
        assert set(templates) <= {wanted}
        assert "serviceAccountName" not in item["spec"].get("hubTemplateOptions", {})
    assert seen


def test_repositories_and_revisions_are_git() -> None:
    urls = (
        "https://git.example.com/a/b.git",
        "git@git.example.com:a/b.git",
        "oci://quay.io/a/b",
        "quay.io/a/b",
    )
    assert [refuses(Repository, {"url": url}) for url in urls] == [False, False, True, True]
    revisions = ("refs/heads/main", "refs/tags/v1", "0" * 40, "main", "HEAD", "v1", "0" * 7)
    assert [refuses(GitRef, revision) for revision in revisions] == [False] * 3 + [True] * 4
    assert refuses(Ring, {"name": "canary", "revision": "main"})


def test_generate_paths_cover_what_is_built() -> None:
    key = "argocd.argoproj.io/manifest-generate-paths"
    for _, item in every_hub("ApplicationSet"):
        template = item["spec"]["template"]
        assert template["metadata"]["annotations"][key] == "/base;/overlays/{{.name}}"
        assert template["spec"]["source"]["path"] == "overlays/{{.name}}"
    for site in sites():
        overlay, found = compile_cluster(site.cluster, {})
        assert overlay is not None, found
        assert {folder.partition("/")[0] for folder in overlay.bases} <= {"base"}


def test_rights_come_by_a_policy() -> None:
    for fleet, objects in hubs():
        policies = [item for item in objects if item["kind"] == "Policy"]
        given = {
            (group, resource)
            for policy in policies
            for key, rule in walk(policy)
            if key == "rules"
            for entry in rule
            for group in entry["apiGroups"]
            for resource in entry["resources"]
        }
        assert given == {(kind.group, kind.resource) for kind in KINDS}
        assert all(policy["metadata"]["namespace"] == fleet.spec.hub.policyNamespace for policy in policies)


def test_application_names_are_those_of_clusters() -> None:
    names = {item["spec"]["template"]["metadata"]["name"] for _, item in every_hub("ApplicationSet")}
    assert names == {"nearedge-{{.name}}"}


# What coverage.yaml says


def test_every_claim_has_its_test() -> None:
    said = {item.test for item in upstream().values() if State.IMPOSSIBLE in item.states}
    assert said <= {name for name, value in globals().items() if name.startswith("test_") and callable(value)}


NOT_EMITTED = sorted({field for item in upstream().values() for field in item.fields})


@pytest.mark.parametrize("said", NOT_EMITTED)
def test_what_is_not_emitted_is_not_there(said: str) -> None:
    objects = [
        *(item for site in sites() for item in site.objects),
        *(i for _, found in hubs() for i in found),
    ]
    assert [str(identify(item)) for item in objects if holds(item, said)] == []


def holds(item: Manifest, said: str) -> bool:
    """Whether an object is or has what `Kind`, `Kind path`, `[Kind] annotation prefix` or `Kind label key` says."""
    words = said.split()
    if words[-2:-1] in (["annotation"], ["label"]):
        kinds, field = words[:-2], f"{words[-2]}s"
        keys = [
            key for name, value in walk(item) if name == field and isinstance(value, dict) for key in value
        ]
        return (not kinds or item["kind"] in kinds) and any(key.startswith(words[-1]) for key in keys)
    if item["kind"] != words[0]:
        return False
    return len(words) == 1 or has(item, words[1].split("."))


def has(value: Any, steps: list[str]) -> bool:
    """Whether something stands at a path."""
    if not steps:
        return True
    return isinstance(value, dict) and steps[0] in value and has(value[steps[0]], steps[1:])


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("RayJob", True),
        ("RayService", False),
        ("RayJob spec.suspend", True),
        ("RayJob spec.managedBy", False),
        ("RayCluster spec.suspend", False),
        ("RayJob annotation example.com/", True),
        ("annotation example.com/", True),
        ("annotation example.org/", False),
        ("RayJob label example.com/b", False),
    ],
)
def test_absence_is_told_from_presence(said: str, found: bool) -> None:  # noqa: FBT001
    notes = {"example.com/a": "1"}
    job = {"kind": "RayJob", "metadata": {"annotations": notes}, "spec": {"suspend": False}}
    assert holds(job, said) == found


def test_used_namespaces_are_all_there() -> None:
    for site in sites():
        made = {item["metadata"]["name"] for item in site.objects if item["kind"] == "Namespace"}
        assert made == set(used(site.cluster))
