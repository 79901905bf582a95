"""What a transfer is told beside its source: environment of a load Job, parameters and annotations for KServe.

The names are those that KServe's storage initializer reads (kserve v0.20.0
python/storage/kserve_storage/kserve_storage.py, pkg/credentials/s3/s3_secret.go).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from urllib.parse import urlsplit

from ...objects.manifest import Manifest
from ...specs.model import ModelSpec
from ..kit.component import Cluster
from ..kit.pod import from_secret
from .spec import ModelsSpec

S3_KEYS = {
    "AWS_ACCESS_KEY_ID": ("AWS_ACCESS_KEY_ID", False),
    "AWS_SECRET_ACCESS_KEY": ("AWS_SECRET_ACCESS_KEY", False),
    "AWS_ENDPOINT_URL": ("AWS_S3_ENDPOINT", True),
    "AWS_DEFAULT_REGION": ("AWS_DEFAULT_REGION", True),
}
"""Variable of the initializer -> (key of an ODH data connection, may be missing)."""

HF_KEYS = {"HF_TOKEN": ("HF_TOKEN", False)}

_SECURE, _PLAIN = 443, 80


def environment(model: ModelSpec, spec: ModelsSpec) -> Manifest:
    """Env of a load Job's transfer; nothing for an image, which copies itself."""
    scheme, secret = model.source.partition("://")[0], model.credentialsSecret
    if scheme == "oci":
        return {}
    said = {"HOME": "/tmp", "HF_HOME": "/tmp/hf_home", **_proxy(spec)}  # noqa: S108
    if scheme == "s3":
        said |= _s3(model)
    elif scheme == "hf" and spec.huggingFaceEndpoint:
        said["HF_ENDPOINT"] = spec.huggingFaceEndpoint
    for name, patterns in (("ALLOW", model.allowPatterns), ("IGNORE", model.ignorePatterns)):
        if patterns:
            said[f"STORAGE_{name}_PATTERNS"] = json.dumps(patterns)
    listed = [{"name": name, "value": value} for name, value in said.items()]
    if secret is None:
        return {"env": listed}
    if scheme == "https":
        # The initializer looks for a variable <host>-headers; the Secret's keys become the variables.
        return {"env": listed, "envFrom": [{"secretRef": {"name": secret}}]}
    keys = S3_KEYS if scheme == "s3" else HF_KEYS
    return {
        "env": [
            *listed,
            *(
                from_secret(name, secret, key, optional=optional)
                for name, (key, optional) in keys.items()
                if name not in said
            ),
        ]
    }


def _proxy(spec: ModelsSpec) -> dict[str, str]:
    if spec.proxy is None:
        return {}
    url, direct = spec.proxy.url, ",".join(spec.proxy.noProxy)
    return {"HTTPS_PROXY": url, "HTTP_PROXY": url, **({"NO_PROXY": direct} if direct else {})}


def _s3(model: ModelSpec) -> dict[str, str]:
    said = {} if model.credentialsSecret else {"awsAnonymousCredential": "true"}
    if model.s3 is None:
        return said
    return {
        **said,
        **({"AWS_ENDPOINT_URL": model.s3.endpoint} if model.s3.endpoint else {}),
        **({"AWS_DEFAULT_REGION": model.s3.region} if model.s3.region else {}),
        **({"S3_USER_VIRTUAL_BUCKET": "true"} if model.s3.virtualHosted else {}),
        **({} if model.s3.verifySSL else {"S3_VERIFY_SSL": "0"}),
    }


def parameters(model: ModelSpec) -> dict[str, str]:
    """`storage.parameters` of a model in a bucket: they win over the entry of Secret storage-config.

    Without a credential they say all. With one, `type` is left out: KServe then takes it from the entry, and only
    so also the ConfigMap with the CA that the entry names (CreateStorageSpecSecretEnvs).
    """
    bucket = model.source.removeprefix("s3://").partition("/")[0]
    s3 = model.s3
    return dict(
        sorted(
            {
                "bucket": bucket,
                **({} if model.credentialsSecret else {"type": "s3", "anonymous": "true"}),
                **({"endpoint_url": s3.endpoint} if s3 and s3.endpoint else {}),
                **({"region": s3.region} if s3 and s3.region else {}),
                **({"verify_ssl": "0"} if s3 and not s3.verifySSL else {}),
            }.items()
        )
    )


def secret_annotations(model: ModelSpec, spec: ModelsSpec) -> Mapping[str, str]:
    """Annotations that plain KServe has to find on the Secret of a bucket, since nothing else tells it."""
    said: dict[str, str] = {}
    if model.s3 and model.s3.endpoint:
        parts = urlsplit(model.s3.endpoint)
        said |= {"s3-endpoint": parts.netloc, "s3-usehttps": "1" if parts.scheme == "https" else "0"}
    if model.s3 and model.s3.region:
        said["s3-region"] = model.s3.region
    if model.s3 and model.s3.virtualHosted:
        said["s3-usevirtualbucket"] = "true"
    if model.s3 and not model.s3.verifySSL:
        said["s3-verifyssl"] = "0"
    if spec.caBundle:
        said["s3-cabundle-configmap"] = spec.caBundle
    return {f"serving.kserve.io/{name}": value for name, value in sorted(said.items())}


def endpoint(model: ModelSpec, cluster: Cluster) -> str | None:
    """Address of a model's bucket: what the model says, else what comes with its credential."""
    if not model.source.startswith("s3://"):
        return None
    if model.s3 and model.s3.endpoint:
        return model.s3.endpoint
    named = (item for item in cluster.spec.credentials if item.name == model.credentialsSecret and item.s3)
    return next((str(item.s3.endpoint) for item in named), None)


def ports(model: ModelSpec, cluster: Cluster, *, by_job: bool) -> tuple[int, ...]:
    """Ports that a transfer connects to: of a load Job, or of KServe, which knows no proxy."""
    spec: ModelsSpec | None = cluster.spec.models if by_job else None
    address = _address(model, cluster)
    found = {port_of(address) if address else _SECURE}
    if spec and spec.huggingFaceEndpoint and model.source.startswith("hf://"):
        found = {port_of(spec.huggingFaceEndpoint)}
    if spec and spec.proxy:
        found.add(port_of(spec.proxy.url))
    return tuple(sorted(found))


def _address(model: ModelSpec, cluster: Cluster) -> str | None:
    """A registry is pushed to, and a site fetched from, at the port that the source names."""
    if model.source.startswith(("https://", "oci://")):
        return model.source.partition("@")[0]
    return endpoint(model, cluster)


def port_of(url: str) -> int:
    """The port that an address leads to: 443 where it says none, and no plain HTTP."""
    parts = urlsplit(url)
    return parts.port or (_PLAIN if parts.scheme == "http" else _SECURE)
