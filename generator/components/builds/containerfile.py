"""The Containerfile of a model in its server: the model is copied, and nothing is run, so nobody needs any right for it.

What each server is told is what `components/runtimes/` tells it; here it is said in the image, which starts by itself.
All answer HTTP on 8080. Places: KServe reads /models of a modelcar (kserve pkg/utils ConfigureModelcarToContainer).
"""

from __future__ import annotations

import json
from typing import NamedTuple

from ...facts.images import image
from ...specs.build import Build
from ...specs.model import Images, ModelSpec
from ..kit.runtime import MODEL_DIR
from ..runtimes import IMPLEMENTATIONS, OFFLINE

PORT, GRPC = 8080, 9000
MODELCAR_DIR = "/models"


class Asked(NamedTuple):
    """How a server is asked: for an answer of its model, and whether it is there."""

    path: str
    ready: str


def containerfile(name: str, model: ModelSpec, build: Build, images: Images) -> str | None:
    """Its text; None of a Containerfile that people bring, or where nothing says what it begins with."""
    begin = base(build, images)
    lines = _LINES.get(build.image.kind)
    if begin is None or lines is None:
        return None
    return "\n".join([f"FROM {begin}", *lines(name, model), ""])


def base(build: Build, images: Images) -> str | None:
    """The image that a build begins with; None where only a Containerfile of people's own says it."""
    kind = build.image.kind
    if build.image.base is not None or kind in {"modelcar", "custom"}:
        return build.image.base
    return image(kind, images)


def asked(name: str, build: Build) -> Asked | None:
    """Where the image is asked; None where the spec has to say it."""
    said = build.test
    usual = _ASKED.get(build.image.kind)
    path = (said and said.path) or (usual and usual(name).path)
    ready = (said and said.ready) or (usual and usual(name).ready)
    return Asked(path, ready) if path and ready else None


def _modelcar(_: str, __: ModelSpec) -> list[str]:
    return [f"COPY model/ {MODELCAR_DIR}/"]


def _mlserver(name: str, model: ModelSpec) -> list[str]:
    told = {
        "MLSERVER_MODEL_NAME": name,
        "MLSERVER_MODEL_URI": MODEL_DIR,
        "MLSERVER_MODEL_IMPLEMENTATION": IMPLEMENTATIONS.get(model.format, ""),
        "MLSERVER_HTTP_PORT": str(PORT),
    }
    return [f"COPY model/ {MODEL_DIR}/", _env(told)]


def _ovms(name: str, _: ModelSpec) -> list[str]:
    flags = [
        f"--model_name={name}",
        f"--model_path={MODEL_DIR}",
        f"--port={GRPC}",
        f"--rest_port={PORT}",
        "--metrics_enable",
    ]
    return [f"COPY model/ {MODEL_DIR}/", f"CMD {json.dumps(flags)}"]


def _vllm(name: str, model: ModelSpec) -> list[str]:
    folder = f"{MODEL_DIR}/{model.folder}" if model.folder else MODEL_DIR
    program = ["python", "-m", "vllm.entrypoints.openai.api_server"]
    flags = [f"--port={PORT}", f"--model={folder}", f"--served-model-name={name}"]
    return [
        f"COPY model/ {MODEL_DIR}/",
        _env(OFFLINE),
        f"ENTRYPOINT {json.dumps(program)}",
        f"CMD {json.dumps(flags)}",
    ]


def _env(values: dict[str, str]) -> str:
    return "ENV " + " ".join(f"{key}={value}" for key, value in values.items())


_LINES = {"modelcar": _modelcar, "mlserver": _mlserver, "ovms": _ovms, "vllm": _vllm}


def _v2(name: str) -> Asked:
    return Asked(f"/v2/models/{name}/infer", f"/v2/models/{name}/ready")


def _openai(_: str) -> Asked:
    return Asked("/v1/completions", "/health")


_ASKED = {"mlserver": _v2, "ovms": _v2, "vllm": _openai}
