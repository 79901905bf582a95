"""delivery.applications: workload on a live site: one load holds up its own server and nothing else, and all of it rests.

The example fleet is compiled with that setting, and what is on its own ground is said for the one here: the address of the
repository, the branch, and the image of the load that never ends.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from typing import Any

from generator.hub.delivery.gitops import let_in_applications, project_of
from generator.objects.manifest import Manifest
from generator.specs.fleet import Delivery
from tests.conftest import ROOT

from .argocd_program import NAMESPACE
from .binaries import say
from .client import Client
from .delivery_ground import Ground, argo, operation, rests, sync_status
from .delivery_sites import FOLDERS, SYNC_SECONDS, at_rest, gone, led_here, nearedge, of_release, settled
from .played import HANGS

SITE = "store-005"
"""A server whose model is loaded from S3, and one that has its model in its image."""
WORKLOAD = Delivery.model_validate({"applications": "workload"})


def apart(ground: Ground, found: dict[str, Any]) -> Iterator[str]:
    """What is wrong; what was seen goes into `found`."""
    _laid(ground)
    ground.project(_lets_applications_in(ground))
    ground.application(SITE)
    ground.until(SITE, lambda _: len(_children(ground.client)) > 1, SYNC_SECONDS)
    ground.until(
        SITE, lambda _: any(_done(child) for child in _children(ground.client).values()), SYNC_SECONDS
    )
    time.sleep(20)
    found["whileOneLoads"] = _states(ground.client)
    _end_loads(ground.client)
    # The root may be Healthy in between: a load is done, and its server not made yet.
    ground.until(SITE, lambda _: all(map(rests, _children(ground.client).values())), SYNC_SECONDS)
    yield from settled(ground, SITE, "with an Application for each workload", SYNC_SECONDS)
    found["loaded"] = _states(ground.client)
    yield from at_rest(ground, SITE)
    gone(ground, SITE)
    found["afterTheRootIsGone"] = sorted(_children(ground.client))
    ground.project()


def _laid(ground: Ground) -> None:
    ground.repo.copy(ROOT, FOLDERS, "The example fleet")
    of_release(ground)
    nearedge(ground, ("set", "--fleet", "delivery.applications", "workload"))
    led_here(ground)
    _hanging(ground)
    ground.repo.commit("An Application for each workload")


def _hanging(ground: Ground) -> None:
    """No load ends by itself."""
    for path in ground.repo.work.glob("base/**/*.yaml"):
        text = path.read_text("utf-8")
        if "kind: Job\n" in text and "model-loader" in text:
            path.write_text(re.sub(r"(?m)^( +)image: .*$", rf"\1image: {HANGS}", text), encoding="utf-8")


def _lets_applications_in(ground: Ground) -> Manifest:
    # Of the same name as the project that other sites have beside this one, so with all that they need.
    project: Manifest = project_of(ground.repo.url, ["*"], "live", apart=("training", "workbenches"))
    let_in_applications(project, WORKLOAD, NAMESPACE)
    return project


def _children(client: Client) -> dict[str, Manifest]:
    apps = client.list("argoproj.io/v1alpha1", "Application", NAMESPACE)
    return {
        item["metadata"]["name"]: item for item in apps if item["metadata"]["name"].startswith(f"{SITE}.")
    }


def _done(app: Manifest) -> bool:
    return operation(app).get("phase") == "Succeeded"


def _states(client: Client) -> dict[str, Any]:
    named = {"root": client.get(argo("Application", SITE, {})) or {}, **_children(client)}
    return {
        name: {
            "sync": sync_status(app),
            "health": app.get("status", {}).get("health", {}).get("status"),
            "operation": operation(app).get("phase"),
        }
        for name, app in sorted(named.items())
    }


def _end_loads(client: Client) -> None:
    """What kept the load from ending is over."""
    for item in client.list("v1", "Pod"):
        if item["metadata"].get("labels", {}).get("app.kubernetes.io/name") == "model-loader":
            client.merge(item, {"status": {"phase": "Succeeded"}}, "status")
            say(f"delivery: {item['metadata']['name']} has ended")
