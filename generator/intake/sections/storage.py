"""Where a model comes from: storageUri, or a data connection and a path, as the source of a Model."""

from __future__ import annotations

from typing import Any

from ...findings.finding import Path
from ...rules.imported import NO_DIGEST, NO_SOURCE
from ...specs.types import untagged
from ..account import Reading
from ..files.source import finding
from ..part import Scene

NOT_SAID = "not said"
"""In place of an image whose digest nobody says."""

_KNOWN = frozenset({"pvc", "s3", "hf", "https"})


def stored(scene: Scene, reading: Reading, model: Path) -> dict[str, Any] | None:
    """`source` and `credentialsSecret` of the model; None, and a finding, where it cannot be said."""
    uri = reading.get(*model, "storageUri")
    if isinstance(uri, str):
        return _of_uri(scene, reading, uri, (*model, "storageUri"))
    if isinstance(reading.get(*model, "storage"), dict):
        return _of_connection(scene, reading, (*model, "storage"))
    message = f"{reading.source.identity} says no storageUri, and no container of its own"
    _refuse(scene, reading, model, message, "say where its model comes from")
    return None


def _of_uri(scene: Scene, reading: Reading, uri: str, path: Path) -> dict[str, Any] | None:
    scheme, _, rest = uri.partition("://")
    if scheme in {"oci", "oci+native", "oci+fetch"}:
        digest = scene.answers.digests.get(rest)
        image = f"{rest}@{digest}" if digest and "@" not in rest else rest
        if "@sha256:" not in image:
            message = f"the model {uri} of {reading.source.identity} has no digest"
            hint = f"say it: --digest {rest}=sha256:DIGEST, or pin it in the manifest"
            scene.part.findings.append(finding(NO_DIGEST, reading.source.where(path), message, hint))
            return None
        return {"source": f"oci://{untagged(image)}", **_pull_secret(reading)}
    if scheme not in _KNOWN:
        message = (
            f"the model of {reading.source.identity} comes from {scheme}://, for which a spec has no source"
        )
        hint = "copy it to a bucket, a volume or an image"
        _refuse(scene, reading, path, message, hint)
        return None
    if scheme == "https":
        why = "a load Job brings it onto a volume once, instead of at every start"
        reading.intend(path, why)
    secret = _account_secret(scene, reading) if scheme in {"s3", "hf"} else ""
    return {"source": uri.rstrip("/"), **({"credentialsSecret": secret} if secret else {})}


def _of_connection(scene: Scene, reading: Reading, path: Path) -> dict[str, Any] | None:
    key, folder = reading.get(*path, "key"), str(reading.get(*path, "path") or "").strip("/")
    bucket = reading.get(*path, "parameters", "bucket") or scene.answers.buckets.get(str(key))
    if not bucket or not folder:
        message = f"the bucket of {reading.source.identity} stands in the Secret {key}, which is not read"
        _refuse(scene, reading, path, message, f"say it: --bucket {key}=BUCKET")
        return None
    made: dict[str, Any] = {"source": f"s3://{bucket}/{folder}"}
    if isinstance(key, str):
        made["credentialsSecret"] = key
    reading.intend((*path, "parameters"), "nearedge writes the parameters of the model's source and s3")
    endpoint = reading.get(*path, "parameters", "endpoint_url")
    if isinstance(endpoint, str):
        made["s3"] = {"endpoint": endpoint.rstrip("/")}
    return made


def _pull_secret(reading: Reading) -> dict[str, str]:
    path: Path = ("spec", "predictor", "imagePullSecrets")
    name = reading.get(*path, 0, "name")
    if not isinstance(name, str):
        return {}
    reading.carry((*path, 0, "name"), f"serving[{reading.source.name}].model")
    return {"credentialsSecret": name}


def _account_secret(scene: Scene, reading: Reading) -> str:
    """The first Secret that the server's ServiceAccount lists: KServe takes the bucket's credential from it."""
    item = reading.source
    account = scene.one("ServiceAccount", item.namespace, item.at("spec", "predictor", "serviceAccountName"))
    name = account.at("secrets", 0, "name") if account else None
    return str(name) if isinstance(name, str) else ""


def _refuse(scene: Scene, reading: Reading, path: Path, message: str, hint: str) -> None:
    scene.part.findings.append(finding(NO_SOURCE, reading.source.where(path), message, hint))
