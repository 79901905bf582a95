"""Ray's runtime environments, and YAML as text."""

import json
from typing import Annotated

from pydantic import BeforeValidator, Field, Strict

from ...specs.lines import Lines
from ...specs.types import INT32, EnvName, Flag, Strictly, Text, Value, whole
from ..kit.pod_fields import WORKING_DIR, WorkingDir

YamlText = Annotated[str, Lines(65536)]
"""A YAML document as text."""

BESIDE = "..*"
"""What a mounted ConfigMap has beside its files: links to them, which Ray would pack as well (kubernetes
pkg/volume/util/atomic_writer.go; ray 2.52 packaging.py _dir_travel follows them, and knows patterns as .gitignore has)."""


class RuntimeConfig(Strictly):
    """How Ray sets a runtime environment up."""

    setup_timeout_seconds: Annotated[int, Strict(), Field(ge=-1, le=INT32), BeforeValidator(whole)] = Field(
        600, description="How long it may take; -1 for no limit."
    )
    eager_install: Flag = Field(True, description="Set it up before the first task asks for it.")


class RuntimeEnv(Strictly):
    """What Ray prepares on every node before the job runs; field names are Ray's."""

    working_dir: Text | None = Field(
        None,
        description="URL of a zip file; for a job that a pod submits (K8sJobMode) also a folder of its image. workingDir of a job holds files.",
    )
    py_modules: tuple[Text, ...] = Field(
        (), description="Python modules: URLs of zip files or wheels, or folders as in working_dir."
    )
    excludes: tuple[Text, ...] = Field((), description="Patterns left out of working_dir.")
    pip: tuple[Text, ...] = Field(
        (), description="Packages to install; the cluster must reach the package index."
    )
    uv: tuple[Text, ...] = Field((), description="The same with uv, which the image must hold.")
    env_vars: dict[EnvName, Value] = Field({}, description="Environment variables; never a secret.")
    config: RuntimeConfig | None = Field(None, description="Time-out and order of the set-up.")


def runtime_env_text(value: RuntimeEnv | str | None) -> str | None:
    """The runtimeEnvYAML of a job: fields as JSON, which is YAML; text as it stands; None without any."""
    if not isinstance(value, RuntimeEnv):
        return value
    said = {key: item for key, item in value.model_dump(mode="json", exclude_none=True).items() if item}
    return json.dumps(said) if said else None


def with_files(value: RuntimeEnv | str | None, files: WorkingDir) -> RuntimeEnv | str | None:
    """A job's runtime environment in which its files are the working directory; the same without files."""
    if not files or isinstance(value, str):
        return value
    said = value or RuntimeEnv()
    return said.model_copy(update={"working_dir": WORKING_DIR, "excludes": (BESIDE, *said.excludes)})
