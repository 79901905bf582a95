"""What upstream's own files say of a platform, each kind of file by one function: text -> {path of a fact: value}.

Paths are those of generator/data/evidence.yaml; `channel` is that of the platform's operator, `images.<name>` an image.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import yaml

Facts = dict[str, Any]

RELATED = {
    "caikit": ("odh_caikit_tgis_serving_image",),
    "vllm": ("rhaii_vllm_cuda_image", "odh_vllm_cuda_image", "rhaiis_vllm_cuda_image"),
    "ovms": ("odh_openvino_model_server_image",),
    "storageInitializer": ("odh_kserve_storage_initializer_image",),
}
"""Our name of an image -> names that a bundle's relatedImages have for it, the first that is there (rhods-operator
internal/controller/components/modelcontroller: which of them a release hands to its templates)."""

CRDS = {
    "datasciencecluster.opendatahub.io_datascienceclusters.yaml": "platform.dataScienceCluster",
    "dscinitialization.opendatahub.io_dscinitializations.yaml": "platform.dscInitialization",
    "infrastructure.opendatahub.io_hardwareprofiles.yaml": "platform.hardwareProfile",
}
"""File of a bundle -> the fact that its stored version is."""


def of_catalog(text: str, channel: str) -> Facts:
    """The newest bundle of a channel, and its images; nothing where the catalog has no such channel."""
    entries = [item for item in yaml.load_all(text, Loader=yaml.CSafeLoader) if item]
    found = [item for item in entries if item["schema"] == "olm.channel" and item["name"] == channel]
    if not found:
        return {}
    newest = max((entry["name"] for entry in found[0]["entries"]), key=version)
    bundle = next(item for item in entries if item["schema"] == "olm.bundle" and item["name"] == newest)
    images = {item["name"]: item["image"] for item in bundle["relatedImages"]}
    named = {
        f"images.{name}": next(images[one] for one in related if one in images)
        for name, related in RELATED.items()
        if any(one in images for one in related)
    }
    return {"channel": channel, "newest": newest, **named}


def channels_of(text: str) -> Iterator[str]:
    """Names of the channels of a catalog."""
    entries = yaml.load_all(text, Loader=yaml.CSafeLoader)
    return (item["name"] for item in entries if item and item["schema"] == "olm.channel")


MINOR = re.compile(r"stable-\d+\.\d+")
"""A channel of one minor release."""


def unknown_channels(there: Iterable[str], known: Iterable[str]) -> list[str]:
    """Channels of minor releases that are newer than the oldest known one, and are not known."""
    ours = {name for name in known if MINOR.fullmatch(name)}
    oldest = min(map(version, ours))
    return sorted(name for name in {*there} - ours if MINOR.fullmatch(name) and version(name) > oldest)


def of_crd(file: str, text: str) -> Facts:
    """The stored version of a CRD; of DataScienceCluster its components as well."""
    crd = yaml.load(text, Loader=yaml.CSafeLoader)["spec"]
    stored = next(item for item in crd["versions"] if item["storage"])
    found: Facts = {CRDS[file]: f"{crd['group']}/{stored['name']}"}
    if crd["names"]["kind"] == "DataScienceCluster":
        spec = stored["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"]
        found["platform.components"] = tuple(sorted(spec["components"]["properties"]))
    return found


def of_types(text: str) -> Facts:
    """Components of a DataScienceCluster, by the Go type that its CRD is made from."""
    body = re.search(r"type Components struct \{(.*?)\n\}", text, re.DOTALL)
    assert body is not None  # noqa: S101 - another layout of upstream's: this function is to be mended
    return {"platform.components": tuple(sorted(re.findall(r'json:"(\w+)', body[1])))}


def of_kserve(text: str) -> Facts:
    """The version of KServe; python writes 0.20.0rc0 for 0.20.0-rc0."""
    return {"kserve.version": re.sub(r"(?<=\d)rc", "-rc", text.strip())}


def of_kuberay(text: str) -> Facts:
    """The version of KubeRay, and the longest names that it takes."""
    told = re.search(r'KUBERAY_VERSION = "v([^"]+)"', text)
    longest = re.search(r"MaxRayClusterNameLength = (\d+)", text)
    assert told is not None  # noqa: S101 - see of_types
    assert longest is not None  # noqa: S101
    shorter = re.findall(r"MaxRay(Job|Service)NameLength\s*= MaxRayClusterNameLength - (\d+)", text)
    limits = {f"kuberay.{kind.lower()}NameLimit": int(longest[1]) - int(less) for kind, less in shorter}
    return {"kuberay.version": told[1], "kuberay.clusterNameLimit": int(longest[1]), **limits}


def of_kueue(text: str) -> Facts:
    """The minor release of Kueue whose branch an operator is built from."""
    told = re.search(r"branch = release-(\d+\.\d+)", text)
    return {"kueue.version": f"{told[1]}.*"} if told else {}


def version(name: str) -> tuple[int, ...]:
    """A version to sort by, of a name such as rhods-operator.3.4.3; an early one comes before its release."""
    numbers = tuple(map(int, re.findall(r"\d+", name.partition("-ea")[0])))
    return (*numbers, 0 if "-ea" in name else 1)


def agrees(said: Any, derived: Any) -> bool:
    """Whether a value of ours is the derived one; 0.18.* stands for every patch release."""
    if isinstance(derived, str) and derived.endswith(".*"):
        return str(said).startswith(derived.removesuffix("*"))
    return bool(said == derived)


BY_FILE: dict[str, Callable[[str], Facts]] = {
    "types": of_types,
    "kserve": of_kserve,
    "kuberay": of_kuberay,
    "kueue": of_kueue,
}
"""Kinds of sources that one file says, without more words."""
