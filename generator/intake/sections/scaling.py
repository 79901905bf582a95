"""By what an InferenceService is scaled: a resource, or a query that KEDA asks."""

from __future__ import annotations

from typing import Any

from ...findings.finding import Path
from ..account import Reading
from ..files.source import mapping_of
from . import fields

CLASS: Path = ("metadata", "annotations", "serving.kserve.io/autoscalerClass")
_METRIC, _TARGET, _KEDA = "scaleMetric", "scaleTarget", "autoScaling"
_OTHER = "raw Deployments are scaled by use of cpu or memory, or by a query"


def read(reading: Reading, predictor: Path, said: str, made: dict[str, Any]) -> None:
    """What the fields of the predictor say of it; between equal numbers of pods that is nothing."""
    if made["replicas"]["min"] >= made["replicas"]["max"]:
        for field in (_METRIC, _TARGET, _KEDA, "scaleMetricType"):
            reading.intend((*predictor, field), "between equal numbers of pods nothing is scaled", said)
        return
    found = _resource(reading, predictor, said)
    if reading.get(*predictor, _KEDA) is not None:
        found |= _queried(reading, (*predictor, _KEDA), said)
    for field in ("scaleMetricType", "containerConcurrency"):
        if reading.get(*predictor, field) is not None:
            reading.leave((*predictor, field), _OTHER)
    if reading.get(*CLASS) in {"hpa", "keda"}:
        reading.intend(CLASS, "nearedge writes it where a query is said", said)
    if found:
        made["scaling"] = found


def _resource(reading: Reading, predictor: Path, said: str) -> dict[str, Any]:
    """Use of a resource, as the older fields say it; concurrency and requests are Knative's."""
    found: dict[str, Any] = {}
    known = reading.get(*predictor, _METRIC) in {"cpu", "memory", None}
    for field, key in ((_METRIC, "metric"), (_TARGET, "target")):
        if reading.get(*predictor, field) is None:
            continue
        if known:
            found[key] = reading.carry((*predictor, field), f"{said}.scaling.{key}")
        else:
            reading.leave((*predictor, field), _OTHER)
    return found


def _queried(reading: Reading, at: Path, said: str) -> dict[str, Any]:
    """The one metric that the spec has a word for: a resource, or a query to Prometheus."""
    listed = [item for _, item in reading.source.mappings(*at, "metrics")]
    if len(listed) != 1:
        reading.leave(at, "a server is scaled by one metric")
        return {}
    resource, external = mapping_of(listed[0].get("resource")), mapping_of(listed[0].get("external"))
    asked, target = mapping_of(external.get("metric")), mapping_of(external.get("target"))
    use = mapping_of(resource.get("target")).get("averageUtilization")
    if resource.get("name") in {"cpu", "memory"} and isinstance(use, int):
        reading.intend(at, "nearedge writes scaleMetric and scaleTarget", f"{said}.scaling")
        return {"metric": resource["name"], "target": use}
    if asked.get("backend") != "prometheus" or not asked.get("query") or target.get("value") is None:
        reading.leave(at, _OTHER)
        return {}
    reading.carry((*at, "metrics"), f"{said}.scaling.prometheus")
    known = mapping_of(external.get("authenticationRef"))
    name = mapping_of(known.get("authenticationRef")).get("name")
    modes = {"modes": known["authModes"]} if known.get("authModes") else {}
    query = {
        **{key: asked[key] for key in ("serverAddress", "query", "namespace") if asked.get(key)},
        "threshold": fields.amount(target["value"]),
        **({"authentication": {"name": name, **modes}} if name else {}),
    }
    return {"prometheus": query}
