"""Dashboards of the fleet, as Grafana's JSON: models, inference, queues and GPUs, by cluster.

Only metrics of data/metrics.yaml are used. The datasource is left to Grafana: on the hub its default one is the
store of all clusters. Their form is that of Grafana's own schema (grafana-foundation-sdk v0.0.22, package dashboard: every
required field is there, and no other than it knows).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from types import MappingProxyType
from typing import Any

from ...components.kit.alerts import PREDICTOR

WIDTH, HEIGHT = 12, 8
"""Of a panel; a row of Grafana has 24 columns."""

HERE = 'cluster=~"$cluster"'
RATE = "[$__rate_interval]"

Query = tuple[str, str]
"""Expression and legend."""


@cache
def dashboards() -> Mapping[str, str]:
    """Name of a dashboard -> its JSON, which is that of every hub."""
    made = {
        "inference": ("Near edge / Inference", _inference()),
        "models": ("Near edge / Models", _models()),
        "queues": ("Near edge / Queues", _queues()),
        "gpu": ("Near edge / GPUs", _gpus()),
    }
    texts = {
        name: _dashboard(name, title, list(panels), _variables(name))
        for name, (title, panels) in made.items()
    }
    return MappingProxyType(texts)


def _models() -> Iterator[tuple[str, str, Sequence[Query]]]:
    """What one model on one site takes and gives: by the server's name, and by the name that callers say."""
    server = "{{cluster}} {{namespace}} {{server}}"
    there = f'{{{CHOSEN}, {PODS}, container!=""}}'
    processors = f"rate(container_cpu_usage_seconds_total{there}{RATE})"
    yield "CPU", "short", [(_by_server(processors), server)]
    yield "Memory", "bytes", [(_by_server(f"container_memory_working_set_bytes{there}"), server)]
    devices = f'kube_pod_container_resource_requests{{{CHOSEN}, resource="nvidia_com_gpu"}}'
    yield (
        "GPUs of pods",
        "short",
        [(f"sum by (cluster, namespace, pod) ({devices})", "{{cluster}} {{namespace}} {{pod}}")],
    )
    yield (
        "GPU memory that vLLM's cache uses",
        "percentunit",
        [_of_model(name, metric, "model_name", "max") for name, metric in CACHES.items()],
    )
    yield (
        "Requests answered",
        "reqps",
        [_of_model(name, f"rate({metric}{{{CHOSEN}}}{RATE})", label) for name, metric, label in ANSWERED],
    )
    yield "Time of a request, 95 of 100", "s", [_late(*told) for told in TOOK]
    yield (
        "Requests that wait",
        "short",
        [_of_model(name, f"{metric}{{{CHOSEN}}}", "model_name") for name, metric in WAITING.items()],
    )
    yield (
        "Requests in work",
        "short",
        [_of_model(name, f"{metric}{{{CHOSEN}}}", label) for name, metric, label in WORKING],
    )


CHOSEN = 'cluster=~"$cluster", namespace=~"$namespace"'
OF_SERVER = "-(predictor|kserve|kserve-prefill|model-server)-[a-z0-9]+-[a-z0-9]+"
PODS = f'pod=~".+{OF_SERVER}"'
"""Pods of model servers that are Deployments (data/metrics.yaml)."""
ANSWERED = (
    ("OpenVINO", "ovms_requests_success", "name"),
    ("MLServer", "model_infer_request_success_total", "model_name"),
    ("vLLM", "vllm:request_success_total", "model_name"),
    ("llm-d", "kserve_vllm:request_success_total", "model_name"),
)
"""Server, counter, and the label that says the model: docs.openvino.ai ovms_docs_metrics, MLServer's and vLLM's docs of metrics."""
TOOK = (
    ("OpenVINO", "ovms_request_time_us", "name", 1e-6),
    ("vLLM", "vllm:e2e_request_latency_seconds", "model_name", 1),
    ("llm-d", "kserve_vllm:e2e_request_latency_seconds", "model_name", 1),
)
"""Server, histogram, label, and seconds of its unit."""
WAITING = {"vLLM": "vllm:num_requests_waiting", "llm-d": "kserve_vllm:num_requests_waiting"}
WORKING = (
    ("OpenVINO", "ovms_infer_req_active", "name"),
    ("vLLM", "vllm:num_requests_running", "model_name"),
    ("llm-d", "kserve_vllm:num_requests_running", "model_name"),
)
CACHES = {
    "vLLM": f"vllm:kv_cache_usage_perc{{{CHOSEN}}} or vllm:gpu_cache_usage_perc{{{CHOSEN}}}",
    "llm-d": f"kserve_vllm:kv_cache_usage_perc{{{CHOSEN}}}",
}


def _by_server(series: str) -> str:
    """The sum over the containers of a server, by its name."""
    named = f'label_replace({series}, "server", "$1", "pod", "(.+){OF_SERVER}")'
    return f"sum by (cluster, namespace, server) ({named})"


def _of_model(name: str, series: str, label: str, how: str = "sum") -> Query:
    expr = f"{how} by (cluster, namespace, {label}) ({series})"
    return expr, f"{name} {{{{cluster}}}} {{{{namespace}}}} {{{{{label}}}}}"


def _late(name: str, metric: str, label: str, unit: float) -> Query:
    buckets = f"sum by (cluster, namespace, {label}, le) (rate({metric}_bucket{{{CHOSEN}}}{RATE}))"
    scale = f" * {unit:g}" if unit != 1 else ""
    legend = f"{name} {{{{cluster}}}} {{{{namespace}}}} {{{{{label}}}}}"
    return f"histogram_quantile(0.95, {buckets}){scale}", legend


def _inference() -> Iterator[tuple[str, str, Sequence[Query]]]:
    by = "sum by (cluster, namespace, deployment)"
    server = f"{{{HERE}, {PREDICTOR}}}"
    ready = f"{by} (kube_deployment_status_replicas_available{server})"
    yield "Model servers: ready pods", "short", [(ready, "{{cluster}} {{namespace}} {{deployment}}")]
    missing = f"{by} (kube_deployment_spec_replicas{server}) - {ready} > 0"
    yield "Model servers: missing pods", "short", [(missing, "{{cluster}} {{namespace}} {{deployment}}")]
    answered = {
        "OpenVINO": "ovms_requests_success",
        "MLServer": "model_infer_request_success_total",
        "vLLM": "vllm:request_success_total",
        "llm-d": "kserve_vllm:request_success_total",
        "TGIS": "tgi_request_success",
    }
    yield "Requests answered", "reqps", list(_rates(answered))
    failed = {
        "OpenVINO": "ovms_requests_fail",
        "MLServer": "model_infer_request_failure_total",
        "TGIS": "tgi_request_failure",
    }
    yield "Requests failed", "reqps", list(_rates(failed))
    took = {
        "MLServer": "rest_server_request_duration_seconds",
        "vLLM": "vllm:e2e_request_latency_seconds",
        "llm-d": "kserve_vllm:e2e_request_latency_seconds",
        "TGIS": "tgi_request_duration",
    }
    yield "Time of a request, 95 of 100", "s", list(_quantiles(took))
    yield (
        "OpenVINO: time of a request, 95 of 100",
        "µs",
        list(_quantiles({"OpenVINO": "ovms_request_time_us"})),
    )
    first = {
        "vLLM": "vllm:time_to_first_token_seconds",
        "llm-d": "kserve_vllm:time_to_first_token_seconds",
    }
    yield "vLLM: time to the first token, 95 of 100", "s", list(_quantiles(first))
    yield "vLLM: requests", "short", list(_in_progress({"": "vllm", "llm-d ": "kserve_vllm"}))


def _in_progress(prefixes: Mapping[str, str]) -> Iterator[Query]:
    for name, prefix in prefixes.items():
        for state in ("waiting", "running"):
            expr = f"sum by (cluster, namespace) ({prefix}:num_requests_{state}{{{HERE}}})"
            yield expr, f"{name}{state} {{{{cluster}}}} {{{{namespace}}}}"


def _rates(metrics: Mapping[str, str]) -> Iterator[Query]:
    for name, metric in metrics.items():
        expr = f"sum by (cluster, namespace) (rate({metric}{{{HERE}}}{RATE}))"
        yield expr, f"{name} {{{{cluster}}}} {{{{namespace}}}}"


def _quantiles(metrics: Mapping[str, str]) -> Iterator[Query]:
    for name, metric in metrics.items():
        buckets = f"sum by (cluster, namespace, le) (rate({metric}_bucket{{{HERE}}}{RATE}))"
        yield f"histogram_quantile(0.95, {buckets})", f"{name} {{{{cluster}}}} {{{{namespace}}}}"


def _queues() -> Iterator[tuple[str, str, Sequence[Query]]]:
    by, legend = "sum by (cluster, cluster_queue)", "{{cluster}} {{cluster_queue}}"
    pending = f"sum by (cluster, cluster_queue, status) (kueue_pending_workloads{{{HERE}}})"
    yield "Waiting workloads", "short", [(pending, f"{legend} {{{{status}}}}")]
    running = f"{by} (kueue_admitted_active_workloads{{{HERE}}})"
    yield "Running workloads", "short", [(running, legend)]
    reserving = f"{by} (kueue_reserving_active_workloads{{{HERE}}})"
    yield "Workloads that hold quota", "short", [(reserving, legend)]
    waits = f"sum by (cluster, cluster_queue, le) (rate(kueue_admission_wait_time_seconds_bucket{{{HERE}}}{RATE}))"
    yield "Wait until admission, 95 of 100", "s", [(f"histogram_quantile(0.95, {waits})", legend)]
    evicted = f"sum by (cluster, cluster_queue, reason) (rate(kueue_evicted_workloads_total{{{HERE}}}{RATE}))"
    yield "Evictions", "ops", [(evicted, f"{legend} {{{{reason}}}}")]
    inactive = f'{by} (kueue_cluster_queue_status{{{HERE}, status!="active"}}) > 0'
    yield "Queues that are not active", "short", [(inactive, legend)]


def _gpus() -> Iterator[tuple[str, str, Sequence[Query]]]:
    def one(metric: str) -> str:
        return f"max by (cluster, Hostname, gpu) ({metric}{{{HERE}}})"

    legend = "{{cluster}} {{Hostname}} {{gpu}}"
    yield "Utilization", "percent", [(one("DCGM_FI_DEV_GPU_UTIL"), legend)]
    used, free = one("DCGM_FI_DEV_FB_USED"), one("DCGM_FI_DEV_FB_FREE")
    yield "Memory in use", "percentunit", [(f"{used} / ({used} + {free})", legend)]
    yield "Temperature", "celsius", [(one("DCGM_FI_DEV_GPU_TEMP"), legend)]
    yield "Power", "watt", [(one("DCGM_FI_DEV_POWER_USAGE"), legend)]
    yield "Last XID error", "short", [(f"{one('DCGM_FI_DEV_XID_ERRORS')} > 0", legend)]


def _dashboard(
    name: str,
    title: str,
    panels: list[tuple[str, str, Sequence[Query]]],
    variables: list[dict[str, Any]],
) -> str:
    body = {
        "uid": f"nearedge-{name}",
        "title": title,
        "tags": ["nearedge"],
        "schemaVersion": 30,
        "version": 1,
        "editable": False,
        "refresh": "5m",
        "time": {"from": "now-6h", "to": "now"},
        "annotations": {"list": []},
        "templating": {"list": variables},
        "panels": [_panel(i, *panel) for i, panel in enumerate(panels)],
    }
    return json.dumps(body, indent=1, ensure_ascii=False) + "\n"


def _variables(name: str) -> list[dict[str, Any]]:
    """What is chosen above the panels: clusters, and of models their namespaces as well."""
    clusters = _variable("cluster", "label_values(acm_managed_cluster_labels, name)")
    if name != "models":
        return [clusters]
    listed = f'label_values(kube_deployment_spec_replicas{{cluster=~"$cluster", {PREDICTOR}}}, namespace)'
    return [clusters, _variable("namespace", listed)]


def _variable(name: str, query: str) -> dict[str, Any]:
    return {
        "name": name,
        "label": name.capitalize(),
        "type": "query",
        "query": query,
        "definition": query,
        "refresh": 2,
        "sort": 1,
        "multi": True,
        "includeAll": True,
        "allValue": ".*",
        "current": {"text": "All", "value": "$__all"},
    }


def _panel(index: int, title: str, unit: str, queries: Sequence[Query]) -> dict[str, Any]:
    return {
        "id": index + 1,
        "title": title,
        "type": "timeseries",
        "gridPos": {"h": HEIGHT, "w": WIDTH, "x": index % 2 * WIDTH, "y": index // 2 * HEIGHT},
        "fieldConfig": {"defaults": {"unit": unit, "min": 0}, "overrides": []},
        "options": {
            "legend": {"displayMode": "list", "placement": "bottom", "showLegend": True, "calcs": []},
            "tooltip": {"mode": "multi", "sort": "none"},
        },
        "targets": [
            {"refId": chr(ord("A") + i), "expr": expr, "legendFormat": legend}
            for i, (expr, legend) in enumerate(queries)
        ],
    }
