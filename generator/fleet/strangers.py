"""Files in clusters/ that are no spec of the kind that lies there: a manifest of Kubernetes, another kind of ours."""

from __future__ import annotations

from collections.abc import Mapping

from ..documents.files import FOLDERS, SINGLE, Document
from ..documents.near import nearest
from ..documents.secrets.search import showable
from ..findings.finding import Finding, Path
from ..findings.rule import plain_rule

STRANGER = plain_rule(
    "SPEC008",
    "A file in clusters/ is a spec of the kind that its folder holds.\n\n"
    "Manifests of Kubernetes are what nearedge writes: base/, overlays/ and acm/ hold them, and nobody edits them.",
)

_SECTIONS: Mapping[str, tuple[str, ...]] = {
    "serving": (
        "Deployment",
        "InferenceService",
        "LLMInferenceService",
        "ServingRuntime",
        "ClusterServingRuntime",
    ),
    "kueue": (
        "AdmissionCheck",
        "ClusterQueue",
        "Cohort",
        "LocalQueue",
        "ResourceFlavor",
        "WorkloadPriorityClass",
    ),
    "ray": ("RayCluster", "RayJob", "RayService"),
    "workbenches": ("Notebook",),
    "training": ("PyTorchJob", "TrainJob", "TrainingRuntime"),
    "namespaces": ("LimitRange", "Namespace", "NetworkPolicy", "ResourceQuota"),
    "credentials": ("ExternalSecret", "Secret"),
    "storage": ("PersistentVolumeClaim", "StorageClass"),
    "operators": ("OperatorGroup", "OperatorPolicy", "Subscription"),
    "hardwareProfiles": ("HardwareProfile",),
    "monitoring": ("PodMonitor", "PrometheusRule", "ServiceMonitor"),
}
_SECTION_OF = {kind: section for section, kinds in _SECTIONS.items() for kind in kinds}
"""Kind of Kubernetes -> section of a spec that it is made from."""
_DELIVERY = frozenset(
    {
        *(
            "AppProject",
            "Application",
            "ApplicationSet",
            "Kustomization",
            "ManagedCluster",
            "ManagedClusterSet",
        ),
        *("Placement", "Policy"),
    }
)
_OURS = {
    **{kind: f"clusters/{folder}/" for folder, kind in FOLDERS.items()},
    **{kind: file for file, kind in SINGLE.items()},
}
_OURS["Cluster"] = "clusters/near-edge/ or clusters/core/"
_OURS["Part"] = "teams/ in the folder of a cluster or a group"


def stranger(document: Document, kind: str) -> Finding | None:
    """The one finding about a file that is no spec of this kind; None when it is one, or nearly."""
    data = document.data
    named = data.get("kind")
    if not {"apiVersion", "kind", "metadata", "spec"} & data.keys():
        from ..specs.types import API_VERSION  # noqa: PLC0415 - the models of specs, and files are rarely strange

        hint = f"start with apiVersion: {API_VERSION}, kind: {kind}, metadata: {{name: ...}}, spec:"
        return _finding(document, (), f"this is no spec: a {kind} is expected here", hint)
    if not isinstance(named, str) or named == kind:
        return None
    if named in _OURS:
        message = f"kind is {named}, {_folder(document.file)} holds kind {kind}"
        return _finding(document, ("kind",), message, f"move the file to {_OURS[named]}, or write a {kind}")
    version = data.get("apiVersion")
    if not isinstance(version, str) or version.startswith("nearedge") or nearest(named, [kind], 0.8):
        return None
    message = f"this is a manifest of Kubernetes (kind {named}): a {kind} is expected here"
    return _finding(document, ("kind",), message, _instead(named))


def _instead(kind: str) -> str:
    if section := _SECTION_OF.get(kind):
        return f"nearedge writes those itself: say it in {section} of a Cluster or a Group"
    if kind in _DELIVERY:
        return "nearedge writes those itself, from the fleet's rings and the clusters' specs"
    return "nearedge writes manifests from specs; what it has no spec for comes by extraApps of clusters/fleet.yaml"


def _folder(file: str) -> str:
    return f"clusters/{file.split('/')[1]}" + ("/" if file not in SINGLE else "")


def _finding(document: Document, path: Path, message: str, hint: str) -> Finding:
    return Finding(document.where(path), STRANGER.severity, STRANGER.code, showable(message), hint)
