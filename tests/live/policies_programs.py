"""The programs of Policies beside their control planes: on a hub the propagator, on an edge the framework and its controllers.

hub:  governance-policy-propagator with its webhook
edge: governance-policy-framework-addon (spec-sync, secret-sync, template-sync, status-sync), config-policy-controller
      (ConfigurationPolicy, OperatorPolicy), with the words that ACM's add-ons start them with
      (stolostron/governance-policy-addon-controller pkg/addon/*/manifests/managedclusterchart).
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path as File

import yaml

from scripts.schemas import CrdLoader

from . import crds, upstream
from .binaries import PROGRAMS, ready
from .control_plane import ControlPlane
from .processes import Running, free_port, running, wait_until

ORGANIZATION = "open-cluster-management.io"
PROPAGATOR = "governance-policy-propagator"
FRAMEWORK = "governance-policy-framework-addon"
CONTROLLER = "config-policy-controller"
NAMES = (PROPAGATOR, FRAMEWORK, CONTROLLER)
WEBHOOK_PORT = 9443
"""The propagator cannot be told another (main.go makes its manager without a webhook server of its own)."""
LOCAL = {"OSDK_FORCE_RUN_MODE": "local"}
"""Outside of a cluster: no Deployment of its own is looked for, and no lease is written."""


def source(program: str) -> File:
    """The program's module, unpacked."""
    return crds.module_folder(f"{ORGANIZATION}/{program}", f"v{PROGRAMS[program].version}")


def kinds(program: str) -> File:
    """The folder of its CRDs, as it is installed with them."""
    return source(program) / "deploy/crds"


@contextlib.contextmanager
def propagator(plane: ControlPlane) -> Iterator[Running]:
    """The hub's part, with its webhook: Policies go to the clusters of their Placements, and statuses come back."""
    home = plane.folder / PROPAGATOR
    # controller-runtime reads the certificate of a webhook server from here, where no other place is said.
    place = home / "k8s-webhook-server/serving-certs"
    place.mkdir(parents=True)
    pair = plane.authority.server("propagator-webhook")
    (place / "tls.crt").write_bytes(pair.certificate.read_bytes())
    (place / "tls.key").write_bytes(pair.key.read_bytes())
    words = [str(ready([PROPAGATOR])[PROPAGATOR]), "--leader-elect=false", "--metrics-bind-address=0"]
    words += [f"--health-probe-bind-address=127.0.0.1:{free_port()}"]
    env = {"KUBECONFIG": str(plane.kubeconfig), "WATCH_NAMESPACE": "", "TMPDIR": str(home), "HOME": str(home)}
    with running(PROPAGATOR, words, home, env) as run:
        wait_until("the propagator does not start", lambda: "Starting workers" in run.last_words(200), run)
        for item in yaml.load_all((source(PROPAGATOR) / "deploy/webhook.yaml").read_text("utf-8"), CrdLoader):
            if item["kind"] in upstream.WEBHOOKS:
                led = upstream.led_to(item, WEBHOOK_PORT, plane.authority.pair.certificate)
                for hook in led["webhooks"]:
                    hook["failurePolicy"] = "Fail"  # so that we see that it is asked
                plane.client.apply(led)
        yield run


@contextlib.contextmanager
def framework(plane: ControlPlane, hub: File, cluster: str) -> Iterator[Running]:
    """What carries Policies of the hub's namespace of a cluster to the cluster, and statuses back; `hub` is a kubeconfig."""
    home = plane.folder / FRAMEWORK
    home.mkdir()
    words = [str(ready([FRAMEWORK])[FRAMEWORK]), f"--cluster-namespace={cluster}", "--leader-elect=false"]
    words += [
        f"--hub-cluster-configfile={hub}",
        f"--managed-cluster-configfile={plane.kubeconfig}",
    ]
    words += ["--disable-gatekeeper-sync=true", "--metrics-bind-address=0", "--log-level=2", "--v=0"]
    words += [f"--health-probe-bind-address=127.0.0.1:{free_port()}"]
    env = {**LOCAL, "KUBECONFIG": str(plane.kubeconfig), "HOME": str(home)}
    with running(FRAMEWORK, words, home, env) as run:
        wait_until("the framework does not start", lambda: "Starting workers" in run.last_words(400), run)
        yield run


@contextlib.contextmanager
def controller(plane: ControlPlane, cluster: str) -> Iterator[Running]:
    """What makes ConfigurationPolicies and OperatorPolicies true."""
    home = plane.folder / CONTROLLER
    home.mkdir(exist_ok=True)
    words = [str(ready([CONTROLLER])[CONTROLLER]), "controller", "--leader-elect=false"]
    words += ["--enable-operator-policy=true", f"--cluster-name={cluster}", "--evaluation-concurrency=2"]
    words += [
        "--client-max-qps=35",
        "--client-burst=50",
        "--log-level=2",
        "--v=0",
        "--metrics-bind-address=0",
    ]
    words += [f"--health-probe-bind-address=127.0.0.1:{free_port()}"]
    env = {**LOCAL, "KUBECONFIG": str(plane.kubeconfig), "WATCH_NAMESPACE": cluster, "HOME": str(home)}
    with running(CONTROLLER, words, home, env) as run:
        wait_until(
            "the controller of policies does not start",
            lambda: "Starting workers" in run.last_words(400),
            run,
        )
        yield run
