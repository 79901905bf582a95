"""MLServer: KServe's v2 protocol for scikit-learn, XGBoost, LightGBM and MLflow models, REST on 8080.

Sources: odh-model-controller config/runtimes/mlserver-template.yaml; MLServer mlserver/settings.py for the
command; kserve pkg/constants/constants.go for the implementations. That template takes the class from a
label which KServe sets for its own runtime only, so the class is written out here.
"""

from __future__ import annotations

import json

from ...objects.manifest import Manifest
from ...specs.model import ModelSpec
from ..kit.runtime import MODEL_DIR, SERVER, SETTINGS, Runtime, Server, command, container, http, probes

PORT = 8080
IMPLEMENTATIONS = {
    "sklearn": "mlserver_sklearn.SKLearnModel",
    "xgboost": "mlserver_xgboost.XGBoostModel",
    "lightgbm": "mlserver_lightgbm.LightGBMModel",
    "mlflow": "mlserver_mlflow.MLflowRuntime",
}


def containers(server: Server) -> list[Manifest]:
    """The one container."""
    one = {
        "MLSERVER_MODEL_NAME": server.served,
        "MLSERVER_MODEL_URI": MODEL_DIR,
        "MLSERVER_MODEL_IMPLEMENTATION": _implementation(server.model),
    }
    fixed = {
        **({"MLSERVER_MODELS_DIR": SETTINGS} if server.beside else one),
        "MLSERVER_HTTP_PORT": str(PORT),
    }
    # Of several models the server is ready when all of them are.
    ready = "/v2/health/ready" if server.beside else f"/v2/models/{server.served}/ready"
    return [
        {
            **_container(server),
            **command(server.args, fixed, server.env),
            "ports": [{"name": "http", "containerPort": PORT, "protocol": "TCP"}],
            **probes(http(ready, PORT), http("/v2/health/live", PORT), server.startup),
        }
    ]


def _implementation(model: ModelSpec) -> str:
    return IMPLEMENTATIONS.get(model.format, "")


def _container(server: Server) -> Manifest:
    made = container(server, SERVER, "mlserver")
    # MLServer looks for a model-settings.json in every folder; one name can be in a ConfigMap once.
    made["volumeMounts"] += [
        {
            "name": "settings",
            "mountPath": f"{SETTINGS}/{name.removesuffix('.json')}/model-settings.json",
            "subPath": name,
            "readOnly": True,
        }
        for name in (settings(server) if server.beside else ())
    ]
    return made


def settings(server: Server) -> dict[str, str]:
    """One file for each model: its own, and those beside it."""
    own = (server.served, MODEL_DIR, server.model)
    listed = (own, *((item.name, item.path, item.model) for item in server.beside))
    return {
        f"{name}.json": json.dumps(
            {"name": name, "implementation": _implementation(model), "parameters": {"uri": path}}, indent=2
        )
        + "\n"
        for name, path, model in listed
    }


MLSERVER = Runtime(
    name="mlserver",
    title="MLServer",
    formats=tuple(IMPLEMENTATIONS),
    containers=containers,
    metrics_port=8082,
    kind="mlserver",
    protocols=("v2",),
    flags="mlserver",
    names_model="MLSERVER_MODEL_NAME",
    named_in_path=True,
    reserved=frozenset(
        {
            "MLSERVER_HTTP_PORT",
            "MLSERVER_METRICS_PORT",
            "MLSERVER_MODELS_DIR",
            "MLSERVER_MODEL_IMPLEMENTATION",
            "MLSERVER_MODEL_NAME",
            "MLSERVER_MODEL_URI",
        }
    ),
    settings=settings,
)
