"""From one Application for a site to one for each workload and back again, by the steps of docs/delivery.md: does anything go?

The example fleet is compiled with the settings of each step. Its project is the one that is compiled; the address of the
repository and the branch are those of the ground here.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import yaml

from generator.hub.delivery.applicationsets import IN_PLACE, root_application
from generator.hub.delivery.gitops import NAME
from generator.objects.manifest import Manifest, ResourceId, identify
from generator.specs.fleet import FleetSpec
from tests.conftest import FLEET, ROOT

from .argocd_program import NAMESPACE
from .binaries import say
from .delivery_ground import Ground, argo, compared_with, operation, sync_status, told, waiting
from .delivery_sites import FOLDERS, SYNC_SECONDS, gone, led_here, nearedge, of_release

SITE = "store-005"
"""A server whose model is loaded, and one that has its model in its image."""
SERVERS = frozenset({"Deployment", "InferenceService"})
TRACKING = "argocd.argoproj.io/tracking-id"
KINDS = (
    ("apps/v1", "Deployment"),
    ("serving.kserve.io/v1beta1", "InferenceService"),
    ("v1", "Service"),
    ("v1", "PersistentVolumeClaim"),
    ("batch/v1", "Job"),
)
"""What servers are made of and loaded by."""
PROJECT = "acm/hub/appproject.yaml"


class Step(NamedTuple):
    """Settings of `delivery`, all of them, and whose the workloads are when it is done: `root` or `workload`.

    `state` is what the root Application says then. While it takes nothing away, what left Git is a difference to it.
    """

    name: str
    settings: Mapping[str, str]
    owner: str
    state: str = "Synced, Healthy, Succeeded"


LEFT_OVER = "OutOfSync, Healthy, Succeeded"
_KEPT = f"[{NAMESPACE}]"
STEPS = (
    Step("one for the site", {}, "root"),
    Step("handOver", {"handOver": "true"}, "root"),
    Step("one for each workload", {"handOver": "true", "applications": "workload"}, "workload"),
    Step("handOver is over", {"applications": "workload"}, "workload"),
    Step("handOver, back again", {"handOver": "true", "applications": "workload"}, "workload"),
    Step("one for the site again", {"handOver": "true", "keptNamespaces": _KEPT}, "root", LEFT_OVER),
    Step("handOver is over again", {"keptNamespaces": _KEPT}, "root"),
    Step("nothing kept", {}, "root"),
)
"""In the order of docs/delivery.md, "Switching, either way"."""


def handed_over(ground: Ground, found: dict[str, Any]) -> Iterator[str]:
    """What is wrong; what was seen after each step goes into `found`."""
    there: dict[ResourceId, str] = {}
    for step in STEPS:
        revision = _laid(ground, step)
        ground.application(SITE, _sync_policy(step, ground.release))
        app = _taken(ground, step, revision)
        owners = _owners(ground, step)
        if step.state == LEFT_OVER:
            # What they were to bring is no longer in Git, which they find when they look next.
            ground.until(SITE, lambda _: _unknown(ground), SYNC_SECONDS)
        now = {key: item["metadata"]["uid"] for key, item in _workloads(ground).items()}
        found[step.name] = {
            "root": told(app),
            "applications": _states(ground),
            "workloadsOf": {f"{key.kind} {key.name}": owners[key] for key in sorted(owners)},
            "madeAgain": sorted(str(key) for key in there if now.get(key) not in {None, there[key]}),
            "gone": sorted(str(key) for key in there if key not in now),
        }
        say(f"delivery: hand over: {step.name}: {found[step.name]}")
        if told(app) != step.state:
            yield f"{SITE}: {step.name}: {told(app)}: {waiting(app)}"
        there = there or now
    gone(ground, SITE)
    # The one of the steps permits the namespaces of the example fleet, and others come after this.
    ground.project()


def _taken(ground: Ground, step: Step, revision: str) -> Manifest:
    return ground.until(
        SITE, lambda app: told(app) == step.state and compared_with(app, revision), SYNC_SECONDS
    )


def _laid(ground: Ground, step: Step) -> str:
    """A commit of the fleet with the settings of a step, and its project on the cluster."""
    for name in FOLDERS:
        shutil.rmtree(ground.repo.work / name, ignore_errors=True)
        shutil.copytree(ROOT / name, ground.repo.work / name)
    of_release(ground)
    for name, value in step.settings.items():
        nearedge(ground, ("set", "--fleet", f"delivery.{name}", value))
    led_here(ground)
    project = next(
        item
        for item in yaml.safe_load_all((ground.repo.work / PROJECT).read_text("utf-8"))
        if item["kind"] == "AppProject"
    )
    spec: Manifest = {**project["spec"], "sourceRepos": [ground.repo.url]}
    ground.client.apply(argo("AppProject", NAME, spec))
    return ground.repo.commit(step.name)


def _sync_policy(step: Step, release: str) -> Manifest:
    """What the hub says of the root Application in a step."""
    said = {name: yaml.safe_load(value) for name, value in step.settings.items()}
    fleet = FleetSpec.model_validate({**FLEET, "delivery": {"argoCD": release, **said}})
    policy: Manifest = root_application(SITE, "main", fleet, IN_PLACE, apart=("training", "workbenches"))[
        "syncPolicy"
    ]
    return policy


def _workloads(ground: Ground) -> dict[ResourceId, Manifest]:
    """What Argo CD tracks of them on the cluster, for whichever Application of the site."""
    return {
        identify(item): item
        for kind in KINDS
        for item in ground.client.list(*kind)
        if str(item["metadata"].get("annotations", {}).get(TRACKING, "")).startswith(SITE)
    }


def _owners(ground: Ground, step: Step) -> dict[ResourceId, str]:
    """Whose each of them is, once servers are whose they are to be."""

    def now() -> dict[ResourceId, str]:
        return {key: owner(item) for key, item in _workloads(ground).items()}

    def done(_: Manifest) -> bool:
        return {told for key, told in now().items() if key.kind in SERVERS} == {step.owner}

    ground.until(SITE, done, SYNC_SECONDS)
    return now()


def owner(item: Manifest) -> str:
    """`root` or `workload`, by the Application that its tracking id names."""
    tracked = str(item["metadata"]["annotations"][TRACKING]).partition(":")[0]
    return "root" if tracked == SITE else "workload"


def _unknown(ground: Ground) -> bool:
    return all(state.startswith("Unknown") for state in _states(ground).values())


def _states(ground: Ground) -> dict[str, str]:
    found = {}
    for item in ground.client.list("argoproj.io/v1alpha1", "Application", NAMESPACE):
        if item["metadata"]["name"].startswith(f"{SITE}."):
            found[item["metadata"]["name"]] = f"{sync_status(item)}, {operation(item).get('phase')}"
    return dict(sorted(found.items()))
