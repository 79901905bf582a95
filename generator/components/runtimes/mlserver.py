"""MLServer: KServe's v2 protocol for scikit-learn, XGBoost, LightGBM and MLflow models, REST on 8080.

Sources: odh-model-controller config/runtimes/mlserver-template.yaml; MLServer mlserver/settings.py for the
command; kserve pkg/constants/constants.go for the implementations. That template takes the class from a
label which KServe sets for its own runtime only, so the class is written out here.
"""

from __future__ import annotations

from ...manifest import Manifest
from ...runtime import MODEL_DIR, SERVER, Runtime, Server, command, container, http, probes

PORT = 8080
IMPLEMENTATIONS = {
    "sklearn": "mlserver_sklearn.SKLearnModel",
    "xgboost": "mlserver_xgboost.XGBoostModel",
    "lightgbm": "mlserver_lightgbm.LightGBMModel",
    "mlflow": "mlserver_mlflow.MLflowRuntime",
}


def containers(server: Server) -> list[Manifest]:
    """The one container."""
    fixed = {
        "MLSERVER_MODEL_NAME": server.name,
        "MLSERVER_MODEL_URI": MODEL_DIR,
        "MLSERVER_MODEL_IMPLEMENTATION": IMPLEMENTATIONS.get(server.model.format, ""),
        "MLSERVER_HTTP_PORT": str(PORT),
    }
    return [
        {
            **container(server, SERVER, "mlserver"),
            **command(server.args, fixed, server.env),
            "ports": [{"name": "http", "containerPort": PORT, "protocol": "TCP"}],
            **probes(
                http(f"/v2/models/{server.name}/ready", PORT), http("/v2/health/live", PORT), server.startup
            ),
        }
    ]


MLSERVER = Runtime(
    name="mlserver",
    title="MLServer",
    formats=tuple(IMPLEMENTATIONS),
    containers=containers,
    metrics_port=8082,
    kind="mlserver",
    protocols=("v2",),
)
