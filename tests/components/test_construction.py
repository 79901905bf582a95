"""What nearedge cannot get wrong on a cluster: properties of everything that is emitted, one for each upstream rule
that generator/data/coverage.yaml calls impossible by construction.
"""

from __future__ import annotations

import re
from collections import Counter

import pytest

from generator.components.kit.component import Cluster
from generator.components.kit.runtime import SERVER
from generator.components.kueue import KUEUE
from generator.components.kueue.spec import AdmissionCheck, FairSharing, Flavor
from generator.components.serving.spec import DOWNLOADS
from generator.facts.profiles import profiles
from generator.hub.kit.edge import KINDS
from generator.objects.difference import canonical
from generator.objects.manifest import (
    COMPARE_OPTIONS,
    SYNC_OPTIONS,
    SYNC_WAVE,
    Manifest,
    Wave,
    content_hash,
    identify,
)
from generator.plan.effects import IMMUTABLE
from generator.proof.conformance import library
from generator.proof.security.added import FETCHES, MODELCARS, added_by
from generator.proof.security.pods import pod_security, workloads
from generator.proof.security.podsecurity import containers
from generator.specs.quantity import canonical as canonical_quantity
from generator.specs.types import Image, Taint
from tests.conftest import ROOT
from tests.construction import (
    PLATFORMS,
    every,
    every_hub,
    hubs,
    in_namespace,
    in_sites,
    ray_specs,
    refuses,
    sites,
    walk,
)

QUEUE = "kueue.x-k8s.io/queue-name"


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
    # What serves a model that a job of the same cluster writes comes after that job.
    assert waves.pop() == {Wave.WORKLOAD, Wave.FOLLOWER}
    assert all(len(found) == 1 for found in waves)
    assert max(waves[-1]) < Wave.WORKLOAD
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
    for cluster, queue in every("ClusterQueue"):
        groups = queue["spec"]["resourceGroups"]
        (meant,) = [item for item in cluster.part(KUEUE).queues if item.name == queue["metadata"]["name"]]
        resources = Counter(name for group in groups for name in group["coveredResources"])
        flavors = Counter(flavor["name"] for group in groups for flavor in group["flavors"])
        assert max(resources.values()) == max(flavors.values()) == 1
        assert flavors.keys() == meant.quota.keys()
        assert resources.keys() == {name for quota in meant.quota.values() for name in quota}
        shapes.add((len(groups), len(flavors)))
    assert max(groups for groups, _ in shapes) > 1


def test_quantities_are_canonical() -> None:
    limits = ("nominalQuota", "borrowingLimit", "lendingLimit")
    found = [value for _, queue in every("ClusterQueue") for key, value in walk(queue) if key in limits]
    assert len(found) > 20
    assert all(isinstance(value, str) and canonical_quantity(value) == value for value in found)
    assert not any(value.startswith("-") for value in found)


def test_queues_select_their_namespaces() -> None:
    seen = set()
    for site, queue in in_sites("ClusterQueue"):
        spaces = {
            item["metadata"]["namespace"]
            for item in site.objects
            if item["kind"] == "LocalQueue" and item["spec"]["clusterQueue"] == queue["metadata"]["name"]
        }
        selector = queue["spec"]["namespaceSelector"]
        one = selector.get("matchLabels", {}).values()
        (several,) = selector.get("matchExpressions") or [{"values": one}]
        assert set(several["values"]) == spaces
        assert {*selector.get("matchLabels", {}), several.get("key")} - {None} == {
            "kubernetes.io/metadata.name"
        }
        seen.add(len(spaces) > 1)
    assert seen == {True, False}


def test_local_queues_lead_to_queues_of_the_cluster() -> None:
    for site, queue in in_sites("LocalQueue"):
        there = {item["metadata"]["name"] for item in site.objects if item["kind"] == "ClusterQueue"}
        assert queue["spec"].keys() == {"clusterQueue"}
        assert queue["spec"]["clusterQueue"] in there


def test_a_weight_is_no_billionth() -> None:
    assert not refuses(FairSharing, {"weight": "0"})
    assert not refuses(FairSharing, {"weight": "1m"})
    assert all(refuses(FairSharing, {"weight": said}) for said in ("1n", "1u", "-1"))


def test_an_admission_check_has_a_controller() -> None:
    assert not refuses(AdmissionCheck, {"name": "c", "controllerName": "example.com/budget"})
    assert refuses(AdmissionCheck, {"name": "c"})
    assert IMMUTABLE["AdmissionCheck"] == ("spec.controllerName",)


def test_priority_classes_have_a_value() -> None:
    for _, item in every("WorkloadPriorityClass"):
        assert isinstance(item["value"], int)
        assert "spec" not in item


_WITH_QUEUES = [name for name in PLATFORMS if profiles()[name].own_kueue]


def test_objects_fit_their_schemas() -> None:
    seen = set()
    for site in sites():
        texts = [canonical(item) for item in site.objects]
        assert list(library().judge(ROOT, site.cluster.profile.schemas, texts)) == []
        seen |= {(site.cluster.profile.name, item["kind"]) for item in site.objects}
    assert seen >= {
        (name, kind) for name in _WITH_QUEUES for kind in ("ClusterQueue", "Cohort", "RayCluster")
    }


def test_nothing_is_ever_suspended() -> None:
    for kind in ("RayCluster", "RayJob"):
        assert all(key != "suspend" for _, item in every(kind) for key, _ in walk(item["spec"]))


def test_kueues_changes_are_left_alone() -> None:
    written = ("spec.nodeSelector", "spec.tolerations", "metadata", "spec.schedulingGates")
    queued = f'select(.metadata.labels["{QUEUE}"] != null)'
    for _, found in every_hub("ApplicationSet"):
        spec = found["spec"]["template"]["spec"]
        # It takes a list as one value: edits of worker groups would not arrive, or what is ignored would go.
        assert "RespectIgnoreDifferences=true" not in spec["syncPolicy"]["syncOptions"]
        ignored = {item["kind"]: item["jqPathExpressions"] for item in spec["ignoreDifferences"]}
        for kind, at in (("RayCluster", ".spec"), ("RayJob", ".spec.rayClusterSpec")):
            assert ".spec.suspend" in ignored[kind]
            for pod in ("headGroupSpec.template", "workerGroupSpecs[]?.template"):
                assert {f"{queued} | {at}.{pod}.{field}" for field in written} <= set(ignored[kind])
            assert f"{at}.workerGroupSpecs[]?.scaleStrategy" in ignored[kind]
            assert f"{at}.workerGroupSpecs[]?.priority" in ignored[kind]
            # Not a metadata that Git says: one is ignored as a whole only where there is a queue.
            empty = "select(.metadata == {}) | .metadata"
            assert f"{at}.workerGroupSpecs[]?.template | {empty}" in ignored[kind]


def test_namespaces_of_queues_are_managed() -> None:
    seen = 0
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
        seen += len(queued)
    assert seen > 50


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
    seen = 0
    for spec in ray_specs():
        found = [value for key, value in walk(spec) if key == "idleTimeoutSeconds"]
        options = spec.get("autoscalerOptions")
        # A group of workers may say one of its own.
        groups = spec.get("workerGroupSpecs", ())
        own = [group["idleTimeoutSeconds"] for group in groups if "idleTimeoutSeconds" in group]
        assert sorted(found) == sorted([*([options["idleTimeoutSeconds"]] if options else []), *own])
        assert all(value > 0 for value in found)
        seen += len(found)
    assert seen > 2


def test_pods_of_ray_say_no_restart_policy() -> None:
    versions = set()
    for spec in ray_specs():
        versions.add((spec.get("autoscalerOptions") or {}).get("version"))
        groups = (spec["headGroupSpec"], *spec.get("workerGroupSpecs", ()))
        assert all("restartPolicy" not in group["template"]["spec"] for group in groups)
    assert "v2" in versions


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
    offers: Counter[tuple[int, str, str]] = Counter()
    for site, item in in_sites("ServingRuntime"):
        (entry,) = item["spec"]["supportedModelFormats"]
        assert "priority" not in entry
        offers[id(site), item["metadata"]["namespace"], entry["name"]] += entry["autoSelect"]
    assert max(offers.values()) == 1


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
            told = model["storage"]["parameters"]
            assert told.get("type", "s3") == "s3"
            assert ("type" in told) != ("key" in model["storage"])
    assert seen == {"storageUri", "storage"}


def test_a_cache_is_there_before_its_servers_and_goes_after_them() -> None:
    def waves(kind: str) -> set[int]:
        found = (item for site in sites() for item in site.objects if item["kind"] == kind)
        return {int(item["metadata"]["annotations"][SYNC_WAVE]) for item in found}

    assert max(waves("LocalModelNodeGroup")) < min(waves("LocalModelCache"))
    assert max(waves("LocalModelCache")) < min(waves("InferenceService"))


def test_the_storage_container_is_one_that_kserve_takes() -> None:
    named = [
        (site, item)
        for site, item in in_sites("InferenceService")
        if site.cluster.profile.kserve.hardensInitializer and _downloads(site.cluster, item)
    ]
    assert len(named) > 3
    for site, item in named:
        (found,) = (one for one in site.objects if one["kind"] == "ClusterStorageContainer")
        predictor = item["spec"]["predictor"]
        assert predictor["storageContainerName"] == found["metadata"]["name"]
        assert "disabled" not in found
        formats = [entry["prefix"] for entry in found["spec"]["supportedUriFormats"]]
        uri = predictor["model"].get("storageUri", "s3://")
        assert any(uri.startswith(prefix) for prefix in formats)
        assert all(list(entry) == ["prefix"] for entry in found["spec"]["supportedUriFormats"])
    # An SCC fills the container's securityContext in, on MicroShift too; elsewhere nobody does that for the two of a modelcar.
    assert all(
        site.cluster.profile.openshift
        or site.cluster.profile.manifests
        or not str(model.get("storageUri", "")).startswith("oci://")
        for site, item in in_sites("InferenceService")
        for model in [item["spec"]["predictor"].get("model", {})]
    )


def _downloads(cluster: Cluster, service: Manifest) -> bool:
    at = service["metadata"]["namespace"], service["metadata"]["name"]
    return any(
        item.storage.type in DOWNLOADS and (item.namespace, item.name) == at for item in cluster.spec.serving
    )


def test_a_server_finds_its_cache_by_the_source() -> None:
    found = 0
    for site in sites():
        kinds: dict[str, list[Manifest]] = {}
        for item in site.objects:
            kinds.setdefault(item["kind"], []).append(item)
        caches = kinds.get("LocalModelCache", [])
        sources = [item["spec"]["sourceModelUri"] for item in caches]
        served = [item["spec"]["predictor"].get("model", {}) for item in kinds.get("InferenceService", [])]
        assert len(sources) == len(set(sources))
        assert set(sources) <= {model.get("storageUri") for model in served}
        groups = {item["metadata"]["name"] for item in kinds.get("LocalModelNodeGroup", [])}
        manual = site.cluster.profile.kserve.localModelCache == "manual"
        assert all(item["spec"]["nodeGroups"] == ["workers"] for item in caches)
        assert groups == ({"workers"} if caches and manual else set())
        found += len(caches)
    assert found


def test_deployment_mode_is_the_platforms() -> None:
    modes = set()
    for cluster, item in every("InferenceService"):
        said = item["metadata"]["annotations"].get("serving.kserve.io/deploymentMode")
        assert said == cluster.profile.kserve.deploymentMode
        modes.add(said)
    assert modes == {None, "RawDeployment", "Standard"}


def test_only_known_kinds_are_emitted() -> None:
    known = {(kind.group, kind.kind) for kind in KINDS}
    found = {identify(item)[:2] for site in sites() for item in site.objects}
    assert found <= known
    assert not {kind for _, kind in known} & {"ServiceMonitor", "Secret"}


def test_services_lead_to_pods_of_ours() -> None:
    for site, item in in_sites("Service"):
        pods = [
            one["spec"]["template"]["metadata"]["labels"]
            for one in site.objects
            if one["kind"] == "Deployment" and in_namespace(one, item["metadata"]["namespace"])
        ]
        wanted = item["spec"]["selector"].items()
        assert sum(wanted <= labels.items() for labels in pods) == 1


def test_routes_lead_to_services() -> None:
    for site, item in in_sites("Route"):
        made = {
            (one["metadata"]["namespace"], f"{one['metadata']['name']}-serve-svc")
            for one in site.objects
            if one["kind"] == "RayService"
        }
        ours = {
            (one["metadata"]["namespace"], one["metadata"]["name"])
            for one in site.objects
            if one["kind"] == "Service"
        }
        spec = item["spec"]
        assert (item["metadata"]["namespace"], spec["to"]["name"]) in made | ours
        assert spec["tls"] == {"termination": "edge", "insecureEdgeTerminationPolicy": "Redirect"}
        assert spec.keys() - {"port", "host"} == {"to", "tls", "wildcardPolicy"}


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
    # What is laid over a container of KServe's leaves its image as it is.
    listed = (container for pod in pods for _, container in containers(pod))
    images = {container["image"] for container in listed if container["name"] not in {FETCHES, *MODELCARS}}
    assert len(images) > 5
    # What a build has just made is tested by the digest that it has, which is a result of that task.
    built = {image for image in images if re.fullmatch(r"\$\(tasks\.[a-z-]+\.results\.image\)", image)}
    assert built
    images -= built
    assert all(re.fullmatch(r"[^@:]+(:[0-9]+)?[^@:]*@sha256:[0-9a-f]{64}", image) for image in images)


def test_every_pod_is_restricted() -> None:
    judged = pod_security()
    number = 0
    for site in sites():
        profile = site.cluster.profile
        for work, found in judged(site.objects, profile.podSecurityVersion, added_by(profile)):
            number += 1
            assert found == (), (work.owner, work.path)
    assert number > 100


# Volumes


def test_a_volume_and_its_first_user_share_a_wave() -> None:
    users: Counter[tuple[str, bool]] = Counter()
    for site in sites():
        waves = {
            (item["kind"], item["metadata"]["namespace"], name): item["metadata"]["annotations"][SYNC_WAVE]
            for item in site.objects
            if item["kind"] in {"PersistentVolumeClaim", "Job"}
            for name in claims_of(item)
        }
        loads = {
            (item["metadata"]["namespace"], name)
            for item in site.objects
            if item["kind"] == "Job" and "-load-" in item["metadata"]["name"]
            for name in claims_of(item)
        }
        for (kind, namespace, name), wave in waves.items():
            claim = int(waves["PersistentVolumeClaim", namespace, name])
            # A volume that nothing loads is first used by the Ray job that writes it, and then published.
            assert claim == (Wave.RUNTIME if (namespace, name) in loads else Wave.WORKLOAD)
            if kind == "Job":
                assert int(wave) == (claim if (namespace, name) in loads else Wave.FOLLOWER)
            users[kind, (namespace, name) in loads] += 1
    assert len(users) == 4, "volumes and jobs of both ways"


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
        assert re.search(r"-(load|publish)-[0-9a-f]{8}$", job["metadata"]["name"])
        assert "ttlSecondsAfterFinished" not in job["spec"]
        by_name.setdefault(f"{identify(job)}", set()).add(content_hash(job["spec"]))
    assert {len(contents) for contents in by_name.values()} == {1}


# Argo CD


def test_what_argo_cd_leaves_makes_no_site_out_of_sync() -> None:
    objects = [item for site in sites() for item in site.objects] + [
        item for _, items in hubs() for item in items
    ]
    notes = [item["metadata"].get("annotations", {}) for item in objects]
    kept = [note for note in notes if "Prune=false" in note.get(SYNC_OPTIONS, "").split(",")]
    assert len(kept) > 5
    assert {note.get(COMPARE_OPTIONS) for note in kept} == {"IgnoreExtraneous"}
