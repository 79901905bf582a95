"""The hub's objects of observability, by the exact names that ACM looks for; nothing may ever rename them.

The metrics collector of ACM reads the allowlist. It is left out as soon as `capabilities` of
MultiClusterObservability hand collecting over to the observability add-on, so these are not set.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ...fleet.fleet import Fleet
from ...objects.manifest import KEEP, Manifest, Wave, meta
from ...specs.fleet import Observability
from ...yaml.writer import to_yaml
from ..kit import clusters, own, placement
from ..kit.policies import binding, inner, policy
from ..kit.profile import HubProfile
from .alerts import alert_groups
from .dashboards import dashboards
from .metrics import collected

NAMESPACE = "open-cluster-management-observability"
"""Where ACM runs observability; its users make it (rhacm-docs observability/observability_enable.adoc)."""

ALLOWLIST = "observability-metrics-custom-allowlist"
"""multicluster-observability-operator pkg/config: name and keys of what is collected beyond ACM's own list."""
RULES = "thanos-ruler-custom-rules"
"""multicluster-observability-operator pkg/config AlertRuleCustomConfigMapName, key custom_rules.yaml."""
FOLDER = {"observability.open-cluster-management.io/dashboard-folder": "Near edge"}
LOADED = {"grafana-custom-dashboard": "true"}
"""Label by which ACM's dashboard loader finds dashboards."""

MONITORING = "user-workload-monitoring"
"""Name of the Policy, of its Placement, and in the label of the clusters."""


def emit(fleet: Fleet) -> Iterator[Manifest]:
    """Namespace, stack, allowlist, alerts and dashboards; nothing where the fleet has no observability."""
    spec = fleet.spec.observability
    if spec is None or fleet.spec.hub.flavor != "acm":
        return
    yield {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": meta(NAMESPACE, wave=Wave.NAMESPACE, annotations=KEEP),
    }
    yield _stack(spec)
    asks = any(member.checks for member in fleet.members)
    features = {name for name, there in (("checks", asks), ("dashboards", spec.dashboards)) if there}
    yield _config_map(
        ALLOWLIST,
        {
            "metrics_list.yaml": to_yaml(collected("platform", spec, features)),
            "uwl_metrics_list.yaml": to_yaml(collected("user", spec, features)),
        },
    )
    if spec.alerts:
        namespaces = {name for member in fleet.members for name, _ in member.namespaces}
        silences = {member.silence for member in fleet.managed if member.silence}
        yield _config_map(
            RULES, {"custom_rules.yaml": to_yaml(alert_groups(namespaces, silences, checks=asks))}
        )
    for name, text in dashboards().items() if spec.dashboards else ():
        yield _config_map(
            f"nearedge-{name}", {f"nearedge-{name}.json": text}, labels=LOADED, annotations=FOLDER
        )


def _config_map(name: str, data: dict[str, str], **marks: Any) -> Manifest:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta(name, NAMESPACE, **marks), "data": data}


def _stack(spec: Observability) -> Manifest:
    # Its webhook wants the Secret to be there already; Argo CD and kubectl apply try again until it is.
    storage_class = {"storageClass": spec.storageClass} if spec.storageClass else {}
    return {
        "apiVersion": "observability.open-cluster-management.io/v1beta2",
        "kind": "MultiClusterObservability",
        "metadata": meta("observability", wave=Wave.RUNTIME),
        "spec": {
            **({"instanceSize": spec.instanceSize} if spec.instanceSize else {}),
            "observabilityAddonSpec": {"enableMetrics": True, "interval": spec.interval},
            "storageConfig": {
                "metricObjectStorage": {"name": spec.objectStorageSecret, "key": "thanos.yaml"},
                **storage_class,
            },
        },
    }


def policies(fleet: Fleet, profile: HubProfile) -> Iterator[Manifest]:
    """User workload monitoring on every OpenShift cluster that the hub manages, and on itself where it runs something."""
    edges = any(clusters.is_watched(member, fleet) for member in fleet.managed)
    if edges:
        namespace = fleet.spec.hub.policyNamespace
        yield placement.placement(fleet, namespace, MONITORING, labels={clusters.OBSERVED_LABEL: "true"})
    if edges or own.is_watched(fleet):
        # Resolved on the cluster, so templates stay on.
        template = USER_WORKLOAD if profile.templateYaml else BY_LINE
        yield policy(fleet, MONITORING, [inner(MONITORING, template, {})])
    if edges:
        yield binding(fleet, MONITORING, MONITORING)
    if own.is_watched(fleet):
        yield binding(fleet, MONITORING, own.HUB, suffix="-hub")


READ = """\
{{- $data := index (lookup "v1" "ConfigMap" "openshift-monitoring" "cluster-monitoring-config") "data" }}
{{- $text := "" }}
{{- if $data }}
{{- $text = or (index $data "config.yaml") "" }}
{{- end }}
"""
WRITTEN = """\
- complianceType: musthave
  objectDefinition:
    apiVersion: v1
    kind: ConfigMap
    metadata:
      name: cluster-monitoring-config
      namespace: openshift-monitoring
    data:
      config.yaml: {{ toRawJson $text }}
"""

USER_WORKLOAD = f"""\
{READ}{{{{- $config := or (fromYaml $text) dict }}}}
{{{{- if ne (toRawJson (index $config "enableUserWorkload")) "true" }}}}
{{{{- $text = toYaml (set $config "enableUserWorkload" true) }}}}
{{{{- end }}}}
{WRITTEN}"""
"""Sets one field of a file that holds more than ours: retention, volumes and tolerations of the cluster's own
monitoring. Where it is on already not a byte is changed; else comments are lost, and keys are sorted. Functions:
stolostron/go-template-utils pkg/templates templates.go (fromYaml, toYaml: release-2.14 on) and sprig_wrapper.go."""

BY_LINE = f"""\
{READ}{{{{- if regexMatch "^[ \\t\\r\\n]*[{{]" $text }}}}
{{{{- $text = toRawJson (set (mustFromJson $text) "enableUserWorkload" true) }}}}
{{{{- else if not (regexMatch "(?m)^enableUserWorkload:[ \\t]+true[ \\t]*(#.*)?$" $text) }}}}
{{{{- $off := regexFind "(?m)^enableUserWorkload:.*$" $text }}}}
{{{{- if $off }}}}
{{{{- $text = replace $off "enableUserWorkload: true" $text }}}}
{{{{- else }}}}
{{{{- $text = printf "enableUserWorkload: true\\n%s" $text }}}}
{{{{- end }}}}
{{{{- end }}}}
{WRITTEN}"""
"""The same by the lines of the file, where templates cannot read YAML: a key of the file itself begins its line. What is in
braces has to be JSON; else the Policy says that it is not."""
