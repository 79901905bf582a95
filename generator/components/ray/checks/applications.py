"""Serve applications as Ray gets them, whether a spec says their fields or their text, and rules for their form."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, NamedTuple

import jsonschema_rs

from ....documents import files as load
from ....facts.flags import Known, nearest_release, serve_schema
from ....findings.finding import Path, Severity
from ....findings.rule import Problem, rule
from ...kit.arguments import close
from ...kit.component import Cluster
from ..serve import ServeConfig, serve_config
from ..spec import RayService
from ..units import RAY

SOURCE = "ray python/ray/serve/schema.py ServeDeploySchema; data/flags"


class Application(NamedTuple):
    """One application of a service, as data."""

    service: RayService
    path: Path
    """Of the service's serveConfigV2."""
    number: int
    data: Mapping[str, Any]
    fields: bool
    """Written as fields: then a path leads into it."""

    def at(self, *path: str | int) -> Path:
        """Where something of it stands in the spec."""
        return (*self.path, "applications", self.number, *path) if self.fields else self.path

    def deployments(self) -> Iterator[tuple[int, Mapping[str, Any]]]:
        """Its deployments with their numbers."""
        listed = self.data.get("deployments")
        found = enumerate(listed) if isinstance(listed, list) else ()
        yield from ((j, one) for j, one in found if isinstance(one, dict))

    def environments(self) -> Iterator[tuple[Path, Mapping[str, Any]]]:
        """Runtime environments in it, with their paths: its own, and those of its deployments."""
        if isinstance(env := self.data.get("runtime_env"), dict):
            yield ("runtime_env",), env
        for j, one in self.deployments():
            options = one.get("ray_actor_options")
            if isinstance(options, dict) and isinstance(env := options.get("runtime_env"), dict):
                yield ("deployments", j, "ray_actor_options", "runtime_env"), env


def serve_data(item: RayService) -> dict[str, Any]:
    """The configuration of a service as data; empty where its text is none."""
    if isinstance(item.serveConfigV2, ServeConfig):
        return serve_config(item.serveConfigV2)
    data, faults = load.read_text(item.serveConfigV2)
    return data if isinstance(data, dict) and not faults else {}


def applications(cluster: Cluster) -> Iterator[Application]:
    """All applications of all services."""
    for i, item in enumerate(cluster.part(RAY).services):
        fields = isinstance(item.serveConfigV2, ServeConfig)
        listed = serve_data(item).get("applications")
        for number, data in enumerate(listed if isinstance(listed, list) else ()):
            if isinstance(data, dict):
                yield Application(item, ("ray", "services", i, "serveConfigV2"), number, data, fields)


@cache
def _validator(version: str) -> Any:
    return jsonschema_rs.validator_for(serve_schema(version))


@rule("RAY068", source=SOURCE)
def applications_have_their_form(cluster: Cluster) -> Iterator[Problem]:
    """A serveConfigV2 has the form that Ray Serve's own schema asks for, in rayVersion or the nearest that is known.

    KubeRay hands it on once the cluster runs: Ray refuses the whole configuration, the service never becomes ready,
    and only its status says why.
    """
    for i, item in enumerate(cluster.part(RAY).services):
        known = nearest_release("ray", item.rayVersion)
        path: Path = ("ray", "services", i, "serveConfigV2")
        data = serve_data(item)
        if isinstance(data.get("applications"), list):
            for place, said in _wrong(known, data):
                inside = place if isinstance(item.serveConfigV2, ServeConfig) else ()
                yield Problem((*path, *inside), f"{_dotted(place)}: {said} (Ray {known.version})")


def _wrong(known: Known, data: Mapping[str, Any]) -> Iterator[tuple[Path, str]]:
    for error in _validator(known.version).iter_errors(_told(data)):
        # Ray's models take a number in quotes for the number.
        kind = getattr(error.kind, "types", None) or ()
        numeric = isinstance(error.instance, str) and _numeric(error.instance)
        # Of an application without import_path RAY051 speaks.
        missing = len(error.instance_path) == 2 and "import_path" in error.message  # noqa: PLR2004 - applications, number
        if not (numeric and {"number", "integer"} & set(kind)) and not _optional(error) and not missing:
            yield tuple(error.instance_path), error.message


def _optional(error: Any) -> bool:
    """One of several forms failed: pydantic tries to turn a value into each."""
    return isinstance(error.instance, str) and _numeric(error.instance) and "under any" in error.message


def _numeric(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _told(value: Any) -> Any:
    """Without null: it says that nothing is said, which the schema of Ray's models does not show."""
    if isinstance(value, dict):
        return {key: _told(item) for key, item in value.items() if item is not None}
    return [_told(item) for item in value] if isinstance(value, list) else value


def _dotted(path: Path) -> str:
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else str(step)
    return text or "serveConfigV2"


@rule("RAY069", Severity.WARNING, source=f"{SOURCE}: extra parameters are ignored")
def applications_say_what_is_read(cluster: Cluster) -> Iterator[Problem]:
    """A serveConfigV2 given as text has only keys that Ray Serve reads.

    It leaves others aside without a word, so that a misspelt one runs with its default.
    """
    for i, item in enumerate(cluster.part(RAY).services):
        if isinstance(item.serveConfigV2, str):
            known = nearest_release("ray", item.rayVersion)
            schema = serve_schema(known.version)
            for place, names in _unknown(serve_data(item), schema, schema["definitions"], ()):
                key = str(place[-1])
                near = close(key, names)
                said = f"Ray Serve {known.version} does not read {_dotted(place)}"
                hint = f"did you mean {near}?" if near else "drop it"
                yield Problem(("ray", "services", i, "serveConfigV2"), said, hint)


def _unknown(
    value: Any, schema: Mapping[str, Any], parts: Mapping[str, Any], path: Path
) -> Iterator[tuple[Path, tuple[str, ...]]]:
    """(path of a key that no schema has, keys that it has), where the schema lists them."""
    schema = _resolved(schema, parts)
    if isinstance(value, dict) and "properties" in schema:
        known = schema["properties"]
        for key, item in value.items():
            if key not in known:
                yield (*path, key), tuple(known)
            else:
                yield from _unknown(item, known[key], parts, (*path, key))
    elif isinstance(value, list) and isinstance(schema.get("items"), dict):
        for i, item in enumerate(value):
            yield from _unknown(item, schema["items"], parts, (*path, i))


def _resolved(schema: Mapping[str, Any], parts: Mapping[str, Any]) -> Mapping[str, Any]:
    """A schema behind its references; of several forms the one with fields."""
    for several in ("allOf", "anyOf"):
        forms = [_resolved(form, parts) for form in schema.get(several, ())]
        if forms:
            return next((form for form in forms if "properties" in form), schema)
    reference = schema.get("$ref")
    return _resolved(parts[reference.rpartition("/")[2]], parts) if reference else schema
