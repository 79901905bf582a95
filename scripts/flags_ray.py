"""Options of `ray start` and the schema of Ray Serve's configuration, asked of Ray itself in a venv of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from scripts.flags_vllm import Option

START = "ray/scripts/scripts.py"
SCHEMA = "ray/serve/schema.py"

ASK = """
import json, warnings
warnings.simplefilter("ignore")
from ray.scripts.scripts import start
from ray.serve.config import AutoscalingConfig
from ray.serve.schema import ServeDeploySchema
def kind(option):
    name = type(option.type).__name__
    if option.is_flag:
        return "flag"
    return {"IntParamType": "int", "IntRange": "int", "FloatParamType": "float", "BoolParamType": "bool",
            "Choice": "choice"}.get(name, "str")
options = [{"names": list(one.opts), "kind": kind(one), "choices": list(getattr(one.type, "choices", None) or ())}
           for one in start.params]
serve, scale = ((getattr(one, "model_json_schema", None) or one.schema)() for one in (ServeDeploySchema, AutoscalingConfig))
print(json.dumps({"options": options, "serve": serve, "scale": scale}))
"""


def asked(folder: Path, package: str, version: str) -> dict[str, Any]:
    """What this release of Ray says of itself; `folder` gets the venv."""
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    pip = [str(folder / "bin/pip"), "install", "--quiet", f"{package}=={version}"]
    subprocess.run(pip, check=True)
    run = subprocess.run(
        [str(folder / "bin/python"), "-c", ASK], check=True, capture_output=True, text=True, cwd=folder
    )
    answer: dict[str, Any] = json.loads(run.stdout)
    return answer


def options(answer: dict[str, Any]) -> Iterator[Option]:
    """Options of `ray start`."""
    for one in answer["options"]:
        said = {"kind": one["kind"], **({"choices": sorted(one["choices"])} if one["choices"] else {})}
        yield Option(tuple(name for name in one["names"] if name.startswith("--")), said, START)


def schema(answer: dict[str, Any]) -> dict[str, Any]:
    """The schema of a configuration; autoscaling_config, which it takes for any mapping, as Serve reads it later."""
    made: dict[str, Any] = plain(_renamed(answer["serve"]))
    scale: dict[str, Any] = plain(_renamed(answer["scale"]))
    parts = {**made["definitions"], **scale.pop("definitions", {}), "AutoscalingConfig": scale}
    parts["DeploymentSchema"]["properties"]["autoscaling_config"] = {
        "$ref": "#/definitions/AutoscalingConfig"
    }
    return {**made, "definitions": parts}


def _renamed(said: dict[str, Any]) -> dict[str, Any]:
    """pydantic 2 calls its definitions $defs."""
    found: dict[str, Any] = json.loads(json.dumps(said).replace("$defs", "definitions"))
    return found


def plain(said: Any) -> Any:
    """A schema without the words for people and without defaults, which are not said to be of the field's own type."""
    if isinstance(said, dict):
        named = {"properties", "definitions"}
        return {
            key: {name: plain(item) for name, item in value.items()} if key in named else plain(value)
            for key, value in said.items()
            if key not in {"title", "description", "default"}
        }
    return [plain(item) for item in said] if isinstance(said, list) else said
