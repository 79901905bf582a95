"""What becomes of fields, section by section; and that no manifest, however wrong, ends in a traceback."""

from __future__ import annotations

import copy
import random
from typing import Any

import pytest

from generator.intake.account import Fate, shown
from generator.intake.delivery.applications import paths_of
from generator.intake.delivery.sites import Site
from generator.intake.files.source import Source, manifests_in
from generator.intake.files.tree import Tree
from generator.intake.models import Models, called
from generator.intake.part import Answers
from generator.intake.sections import hub
from generator.intake.site import THEIRS, TWICE, draft
from generator.intake.texts import Basis, written

from .conftest import DIGEST, SHAPES, drafted

SERVICE = """apiVersion: serving.kserve.io/v1beta1
kind: InferenceService
metadata: {name: m, namespace: a}
spec:
  predictor:
    model:
      modelFormat: {name: onnx}
      %s
"""


def fates(text: str, answers: Answers | None = None) -> dict[str, tuple[Fate, str]]:
    """Path -> fate and where a spec says it, of the first object."""
    account = drafted(text, answers).part.accounts[0]
    return {shown(entry.path, account.source.manifest): (entry.fate, entry.said) for entry in account.entries}


@pytest.mark.parametrize(
    ("said", "source", "storage"),
    [
        ("storageUri: s3://models/shelf/7", "s3://models/shelf/7", "s3"),
        (f"storageUri: hf://acme/shelf:{'0' * 40}", f"hf://acme/shelf:{'0' * 40}", "hf"),
        (f"storageUri: oci://quay.io/acme/shelf:v1@{DIGEST}", f"oci://quay.io/acme/shelf@{DIGEST}", "oci"),
        (
            f"storageUri: oci+native://quay.io/acme/shelf@{DIGEST}",
            f"oci://quay.io/acme/shelf@{DIGEST}",
            "oci+native",
        ),
        ("storageUri: pvc://store/shelf", "pvc://store/shelf", "pvc"),
        (
            "storageUri: https://models.acme.internal/shelf.onnx",
            "https://models.acme.internal/shelf.onnx",
            "pvc",
        ),
        ("storage: {path: shelf/7, parameters: {bucket: models}}", "s3://models/shelf/7", "s3"),
    ],
)
def test_a_model_comes_from_where_its_server_says(said: str, source: str, storage: str) -> None:
    models = Models()
    made = drafted(SERVICE % said, models=models)
    assert [spec["source"] for spec in models.specs.values()] == [source]
    assert made.spec["serving"][0]["storage"] == {"type": storage}
    assert made.part.findings == []


@pytest.mark.parametrize(
    ("said", "code", "hint"),
    [
        ("storageUri: gs://models/shelf", "IMPORT005", "copy it"),
        ("storage: {key: aws, path: shelf}", "IMPORT005", "--bucket aws=BUCKET"),
        ("storageUri: oci://quay.io/acme/shelf:v1", "IMPORT004", "--digest quay.io/acme/shelf:v1="),
        ("name: kserve-container", "IMPORT005", "say where"),
    ],
)
def test_a_source_that_no_spec_has_is_told_at_its_line(said: str, code: str, hint: str) -> None:
    made = drafted(SERVICE % said)
    (found,) = made.part.findings
    assert (found.code, found.where.line) == (code, 7 if code == "IMPORT005" and "name:" in said else 8)
    assert hint in found.hint
    assert "serving" not in made.spec
    assert {entry.fate for entry in made.part.accounts[0].entries} == {Fate.LOST}


def test_two_servers_of_one_source_have_one_model() -> None:
    models = Models()
    text = SERVICE % "storageUri: s3://models/shelf/7"
    drafted(text + "---\n" + text.replace("name: m,", "name: n,"), models=models)
    assert list(models.specs) == ["shelf"]
    assert called("s3://models/shelf/7") == ("shelf", "7")


def test_flags_that_nearedge_sets_itself_are_dropped_with_their_values() -> None:
    runtime = """apiVersion: serving.kserve.io/v1alpha1
kind: ServingRuntime
metadata: {name: own-vllm, namespace: a}
spec:
  containers:
  - name: kserve-container
    image: quay.io/acme/vllm:latest
    args: [--model, /mnt/models, --port=8080, --served_model_name, x, --max-model-len, "4096"]
"""
    service = SERVICE % "storageUri: s3://models/shelf/7\n      runtime: own-vllm\n      args: [--seed=1]"
    made = drafted(runtime + "---\n" + service)
    assert made.spec["serving"][0]["args"] == ["--max-model-len", "4096", "--seed=1"]
    assert made.spec["serving"][0]["runtime"] == "vllm"
    assert "image" not in made.spec["serving"][0]


def test_a_name_that_callers_say_is_that_of_the_server() -> None:
    text = (
        SERVICE
        % "storageUri: s3://models/shelf/7/\n      runtime: own-vllm\n      args: ['--served-model-name=%s', --port, '8000']"
    )
    runtime = "apiVersion: serving.kserve.io/v1alpha1\nkind: ServingRuntime\nmetadata: {name: own-vllm, namespace: a}\nspec: {}\n---\n"
    found = fates(runtime + text % "other")
    assert found["spec.predictor.model.args[0]"] == (Fate.INTENT, "serving[m].servedModelName")
    assert found["spec.predictor.model.args[2]"][0] is Fate.INTENT
    assert found["spec.predictor.model.storageUri"][0] is Fate.INTENT
    assert fates(runtime + text % "{{.Name}}")["spec.predictor.model.args[0]"][0] is Fate.INTENT
    made = drafted(runtime + text % "other").spec["serving"][0]
    assert "args" not in made
    assert made["servedModelName"] == "other"
    several = fates(runtime + (text % "one").replace("--port, '8000'", "--served-model-name, one, two"))
    assert several["spec.predictor.model.args[3]"][0] is Fate.LOST


def test_what_kserve_would_put_in_is_put_in() -> None:
    text = SERVICE.replace("model:", "containers:\n    - image: %s").replace(
        "      modelFormat: {name: onnx}\n", ""
    ) % (
        f"quay.io/acme/own@{DIGEST}",
        "args: ['--name={{ .Name }}.{{.Namespace}}']",
    )
    made = drafted(text).spec["serving"][0]
    assert made["args"] == ["--name=m.a"]
    assert (made["runtime"], made["port"]) == ("custom", 8080)


def test_values_of_secrets_are_nowhere() -> None:
    text = "apiVersion: v1\nkind: Secret\nmetadata: {name: s, namespace: a}\nstringData: {token: not-a-real-one}\n"
    made = drafted(text)
    assert made.part.accounts[0].secret
    assert "not-a-real-one" not in str(made.spec)


def test_a_secret_that_a_server_uses_is_named_as_a_credential() -> None:
    text = SERVICE % "storage: {key: aws, path: shelf/7, parameters: {bucket: models}}"
    assert drafted(text).spec["credentials"] == [{"name": "aws", "type": "s3", "from": "existing"}]


def test_workloads_find_the_queue_by_the_name_that_they_say() -> None:
    made = drafted((SHAPES / "plain/queues.yaml").read_text("utf-8"))
    said = [(queue["name"], queue["localQueue"]) for queue in made.spec["kueue"]["queues"]]
    assert said == [("gpu-cluster-queue", "gpu")]
    assert made.spec["kueue"]["queues"][0]["quota"]["l4"] == {
        "cpu": "40",
        "memory": {"nominal": "160Gi", "borrowingLimit": "16Gi"},
        "nvidia.com/gpu": "4",
    }
    lost = [account for account in made.part.accounts if account.source.name == "gpu-too"]
    assert "chat/gpu is that of ClusterQueue" in lost[0].entries[0].why


WORDS = """apiVersion: kueue.x-k8s.io/v1beta1
kind: ClusterQueue
metadata: {name: site}
spec:
  flavorFungibility: {whenCanBorrow: Borrow, whenCanPreempt: Preempt}
  preemption:
    reclaimWithinCohort: Any
    borrowWithinCohort: {policy: LowerPriority, maxPriorityThreshold: 100}
  fairSharing: {weight: 0.5}
  stopPolicy: Hold
  admissionChecks: [budget]
  admissionChecksStrategy: {admissionChecks: [{name: nodes, onFlavors: [a]}]}
  resourceGroups: [{coveredResources: [cpu], flavors: [{name: a, resources: [{name: cpu, nominalQuota: 4}]}]}]
---
apiVersion: kueue.x-k8s.io/v1beta1
kind: LocalQueue
metadata: {name: work, namespace: b}
spec: {clusterQueue: site, stopPolicy: Hold}
---
apiVersion: kueue.x-k8s.io/v1beta1
kind: LocalQueue
metadata: {name: work, namespace: a}
spec: {clusterQueue: site}
---
apiVersion: kueue.x-k8s.io/v1beta1
kind: Cohort
metadata: {name: all}
spec:
  fairSharing: {weight: 2}
  resourceGroups: [{coveredResources: [cpu], flavors: [{name: a, resources: [{name: cpu, nominalQuota: 2}]}]}]
---
apiVersion: kueue.x-k8s.io/v1beta1
kind: AdmissionCheck
metadata: {name: nodes}
spec:
  controllerName: kueue.x-k8s.io/provisioning-request
  retryDelayMinutes: 5
  parameters: {apiGroup: kueue.x-k8s.io, kind: ProvisioningRequestConfig, name: nodes}
"""


def test_queues_cohorts_and_checks_keep_their_words() -> None:
    made = drafted(WORDS)
    assert made.spec["kueue"] == {
        "queues": [
            {
                "name": "site",
                "namespace": "b",
                "namespaces": ["a"],
                "localQueue": "work",
                "quota": {"a": {"cpu": "4"}},
                "flavorFungibility": {"whenCanBorrow": "MayStopSearch", "whenCanPreempt": "MayStopSearch"},
                "fairSharing": {"weight": "500m"},
                "admissionChecks": [{"name": "budget"}, {"name": "nodes", "onFlavors": ["a"]}],
                "stopPolicy": "Hold",
                "preemption": {
                    "reclaimWithinCohort": "Any",
                    "borrowWithinCohort": {"policy": "LowerPriority", "maxPriorityThreshold": 100},
                },
            }
        ],
        "cohorts": [{"name": "all", "quota": {"a": {"cpu": "2"}}, "fairSharing": {"weight": "2"}}],
        "admissionChecks": [
            {
                "name": "nodes",
                "controllerName": "kueue.x-k8s.io/provisioning-request",
                "parameters": {
                    "apiGroup": "kueue.x-k8s.io",
                    "kind": "ProvisioningRequestConfig",
                    "name": "nodes",
                },
            }
        ],
    }
    lost = {
        (account.source.identity.kind, shown(entry.path))
        for account in made.part.accounts
        for entry in account.entries
        if entry.fate is Fate.LOST
    }
    assert lost == {("LocalQueue", "spec.stopPolicy"), ("AdmissionCheck", "spec.retryDelayMinutes")}


def test_a_deployment_that_serves_nothing_is_no_server() -> None:
    text = """apiVersion: apps/v1
kind: Deployment
metadata: {name: collector, namespace: a}
spec:
  template:
    spec:
      containers: [{name: c, image: quay.io/acme/collector:1}]
"""
    made = drafted(text)
    assert made.spec == {}
    assert made.part.findings == []
    assert "no model server" in made.part.accounts[0].entries[0].why


def test_an_autoscaler_of_a_server_is_its_replicas() -> None:
    text = f"""apiVersion: apps/v1
kind: Deployment
metadata: {{name: m, namespace: a}}
spec:
  replicas: 2
  template:
    metadata: {{labels: {{model-name: shelf}}}}
    spec:
      containers: [{{name: c, image: quay.io/acme/shelf@{DIGEST}}}]
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {{name: m, namespace: a}}
spec:
  scaleTargetRef: {{apiVersion: apps/v1, kind: Deployment, name: m}}
  maxReplicas: 5
  metrics: [{{type: Resource, resource: {{name: memory}}}}]
"""
    made = drafted(text)
    known = text.replace(
        "{name: memory}", "{name: memory, target: {type: Utilization, averageUtilization: 70}}"
    )
    assert drafted(known).spec["serving"][0]["scaling"] == {"metric": "memory", "target": 70}
    assert "scaling" not in made.spec["serving"][0]
    assert made.spec["serving"][0]["replicas"] == {"min": 2, "max": 5}
    scaler = next(one for one in made.part.accounts if one.source.kind == "HorizontalPodAutoscaler")
    assert {(shown(one.path), one.fate) for one in scaler.entries} == {
        ("spec.scaleTargetRef", Fate.INTENT),
        ("spec.maxReplicas", Fate.CARRIED),
        ("spec.metrics", Fate.LOST),
    }


SERVED = f"""apiVersion: apps/v1
kind: Deployment
metadata: {{name: bikes, namespace: a}}
spec:
  template:
    metadata: {{labels: {{app: bikes, model-name: bikes}}}}
    spec:
      containers: [{{name: c, image: quay.io/acme/bikes@{DIGEST}, ports: [{{name: rest, containerPort: 8080}}]}}]
---
apiVersion: v1
kind: Service
metadata: {{name: bike-app, namespace: a}}
spec: {{selector: {{app: bikes}}, ports: [{{port: 80, targetPort: rest}}]}}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {{name: bike-app, namespace: a}}
spec:
  ingressClassName: nginx
  tls: [{{hosts: [bikes.acme.com], secretName: bikes-tls}}]
  rules:
  - host: bikes.acme.com
    http: {{paths: [{{path: /, pathType: Prefix, backend: {{service: {{name: bike-app, port: {{number: 80}}}}}}}}]}}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {{name: bikes-stay, namespace: a}}
spec: {{minAvailable: 1, selector: {{matchLabels: {{app: bikes}}}}}}
"""


def test_a_deployment_keeps_its_service_and_its_host() -> None:
    (server,) = drafted(SERVED).spec["serving"]
    assert (server["kind"], server["port"], server["minAvailable"]) == ("Deployment", 8080, 1)
    assert server["service"] == {"name": "bike-app", "port": 80}
    assert server["exposure"] == {
        "kind": "Ingress",
        "host": "bikes.acme.com",
        "tlsSecret": "bikes-tls",
        "ingressClassName": "nginx",
    }


def test_a_second_service_of_a_deployment_is_told() -> None:
    service = SERVED.split("---\n")[1]
    made = drafted(f"{SERVED}---\n{service.replace('bike-app', 'bike-more')}")
    last = next(one for one in made.part.accounts if one.source.name == "bike-more")
    assert made.spec["serving"][0]["service"]["name"] == "bike-app"
    assert {(entry.fate, entry.why) for entry in last.entries} == {
        (Fate.LOST, "a server has one Service: its callers have to use the other one")
    }


def test_nothing_goes_into_a_namespace_of_the_platform() -> None:
    profile = """apiVersion: infrastructure.opendatahub.io/v1
kind: HardwareProfile
metadata: {name: small, namespace: redhat-ods-applications}
spec: {identifiers: []}
"""
    made = drafted(profile)
    assert made.spec == {}
    assert [entry.why for entry in made.part.accounts[0].entries] == [THEIRS]
    assert (
        drafted(profile.replace("redhat-ods-applications", "team")).spec["hardwareProfiles"][0]["name"]
        == "small"
    )


def test_ray_is_asked_for_what_the_cluster_says() -> None:
    found = fates((SHAPES / "plain/ray.yaml").read_text("utf-8"))
    assert found["spec.entrypoint"] == (Fate.CARRIED, "ray.jobs[tune].entrypoint")
    assert found["spec.suspend"][0] is Fate.INTENT
    group = "spec.rayClusterSpec.workerGroupSpecs[gpu]"
    assert found[f"{group}.rayStartParams.resources"] == (
        Fate.INTENT,
        "ray.jobs[tune].workers[gpu].customResources",
    )
    assert found[f"{group}.template.spec.volumes[ca].configMap"] == (
        Fate.CARRIED,
        "ray.jobs[tune].workers[gpu].volumes",
    )


def test_the_second_object_of_one_name_is_told() -> None:
    text = "apiVersion: kueue.x-k8s.io/v1beta1\nkind: ResourceFlavor\nmetadata: {name: f}\nspec: {nodeLabels: {a: %s}}\n"
    made = drafted(text % "x" + "---\n" + text % "y")
    assert made.spec["kueue"]["flavors"] == [{"name": "f", "nodeLabels": {"a": "x"}}]
    assert [entry.why for entry in made.part.accounts[-1].entries] == [TWICE]


TREE = Tree(SHAPES, {})
ODD: tuple[Any, ...] = (None, 1, "x", [], {}, [None], {"a": None}, True, [[1]], {"name": 1}, ["x"], 0.5)


def test_no_manifest_however_wrong_ends_in_a_traceback() -> None:
    texts = [path.read_text("utf-8") for path in sorted(SHAPES.rglob("*.yaml"))]
    every = [item.manifest for text in texts for item in manifests_in("f.yaml", text)[0]]
    chance = random.Random(7)  # noqa: S311 - the same mistakes on every machine
    for _ in range(100):
        picked = copy.deepcopy(chance.sample(every, 8))
        for manifest in picked:
            _spoil(manifest, chance)
        site = Site("s", tuple(Source(item, "f.yaml") for item in picked))
        models = Models()
        made = draft(site, models, Answers(), {}, {})
        said, _ = hub.read(site.objects)
        written([made], models.specs, said, Basis())
        assert all(isinstance(path, str) for item in site.objects for path in paths_of(TREE, item))
        # Whatever was read, each object is told of.
        told = {id(account.source) for account in made.part.accounts}
        assert told >= {id(item) for item in site.objects}


def _spoil(manifest: dict[str, Any], chance: random.Random) -> None:
    """Put something odd in the place of one field, but for the metadata, which the reader holds right."""
    paths = [path for path in _paths(manifest, ()) if len(path) > 1 and path[0] != "metadata"]
    if paths:
        *above, last = chance.choice(paths)
        place: Any = manifest
        for step in above:
            place = place[step]
        place[last] = copy.deepcopy(chance.choice(ODD))


def _paths(value: Any, path: tuple[Any, ...]) -> list[tuple[Any, ...]]:
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(inner for step, item in pairs for inner in _paths(item, (*path, step)))]


FULL = """apiVersion: serving.kserve.io/v1beta1
kind: InferenceService
metadata:
  name: m
  namespace: a
  labels: {team: stores, app: m, app.kubernetes.io/part-of: x}
  annotations: {acme.com/runbook: r, serving.kserve.io/autoscalerClass: keda}
spec:
  predictor:
    minReplicas: 2
    maxReplicas: 4
    priorityClassName: critical
    autoScaling:
      metrics:
      - type: External
        external:
          metric: {backend: prometheus, serverAddress: "http://p:9090", query: sum(up)}
          target: {type: Value, value: "5"}
          authenticationRef: {authModes: bearer, authenticationRef: {name: thanos}}
    topologySpreadConstraints:
    - {maxSkew: 2, topologyKey: zone, whenUnsatisfiable: DoNotSchedule, labelSelector: {matchLabels: {app: isvc.m-predictor}}}
    affinity:
      podAntiAffinity:
        preferredDuringSchedulingIgnoredDuringExecution:
        - {weight: 1, podAffinityTerm: {topologyKey: kubernetes.io/hostname, labelSelector: {matchLabels: {app: isvc.m-predictor}}}}
    volumes:
    - {name: settings, configMap: {name: settings}}
    - {name: cache, emptyDir: {sizeLimit: 1024Mi}}
    - {name: keys, secret: {secretName: keys}}
    containers:
    - name: kserve-container
      image: quay.io/acme/own@%s
      ports: [{containerPort: 8080}]
      env: [{name: LANE, valueFrom: {configMapKeyRef: {name: settings, key: lane}}}]
      envFrom: [{configMapRef: {name: settings}, prefix: APP_}, {secretRef: {name: keys}}]
      volumeMounts:
      - {name: settings, mountPath: /etc/app, readOnly: true}
      - {name: settings, mountPath: /opt/labels.txt, subPath: labels.txt}
      - {name: cache, mountPath: /cache}
      - {name: keys, mountPath: /keys}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: settings, namespace: a}
data: {lane: "4", labels.txt: "milk\\nbread\\n"}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: budget, namespace: a}
spec: {minAvailable: 1, selector: {matchLabels: {app: isvc.m-predictor}}}
"""


def test_words_of_pods_are_carried() -> None:
    made = drafted(FULL % DIGEST)
    (server,) = made.spec["serving"]
    wanted = {
        "labels": {"team": "stores"},
        "annotations": {"acme.com/runbook": "r"},
        "podPriorityClassName": "critical",
        "topologySpreadConstraints": [
            {"topologyKey": "zone", "maxSkew": 2, "whenUnsatisfiable": "DoNotSchedule"}
        ],
        "podAntiAffinity": "preferred",
        "minAvailable": 1,
        "env": [{"name": "LANE", "configMap": "settings", "key": "lane"}],
        "envFrom": [{"configMap": "settings", "prefix": "APP_"}, {"secret": "keys"}],
        "volumes": [
            {"path": "/etc/app", "configMap": "settings"},
            {"path": "/opt/labels.txt", "configMap": "settings", "key": "labels.txt"},
            {"path": "/cache", "emptyDir": {"sizeLimit": "1Gi"}},
        ],
        "scaling": {
            "prometheus": {
                "serverAddress": "http://p:9090",
                "query": "sum(up)",
                "threshold": "5",
                "authentication": {"name": "thanos", "modes": "bearer"},
            }
        },
    }
    assert {key: server.get(key) for key in wanted} == wanted
    assert made.spec["configMaps"] == [
        {"name": "settings", "namespace": "a", "data": {"lane": "4", "labels.txt": "milk\nbread\n"}}
    ]
    assert made.spec["priorityClasses"] == [{"name": "critical"}]
    assert [one["name"] for one in made.spec["credentials"]] == ["keys"]
    lost = {
        shown(entry.path, account.source.manifest)
        for account in made.part.accounts
        for entry in account.entries
        if entry.fate is Fate.LOST
    }
    # A Secret as files has no word, and a label by which controllers find pods is theirs.
    assert lost == {
        "metadata.labels.app",
        "spec.predictor.volumes[keys]",
        "spec.predictor.containers[kserve-container].volumeMounts[keys]",
    }


def test_what_a_dashboard_shows_of_a_profile_is_carried() -> None:
    profile = """apiVersion: infrastructure.opendatahub.io/v1
kind: HardwareProfile
metadata:
  name: l4
  namespace: a
  annotations:
    opendatahub.io/display-name: NVIDIA L4
    opendatahub.io/disabled: "false"
    opendatahub.io/dashboard-feature-visibility: '["model-serving"]'
spec: {identifiers: [{identifier: cpu, displayName: CPU, minCount: 1, defaultCount: 2}]}
"""
    (made,) = drafted(profile).spec["hardwareProfiles"]
    assert (made["displayName"], made["visibleIn"]) == ("NVIDIA L4", ["model-serving"])
    assert "disabled" not in made
