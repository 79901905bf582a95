"""Puts a trained model where other clusters fetch it from. Runs in a pod, on the Python of KServe's storage initializer.

    wait     until the job that trains has written MODEL_DIR/.complete, then look whether the model is all there
    upload   every file below MODEL_DIR to PUBLISH_TO (s3://bucket/key), those that are there already left out

What was published under a version stays as it is: clusters may have fetched a part of it.
"""

from __future__ import annotations

import hashlib
import os
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

MARK = ".complete"
LAYOUT = {
    "caikit": ("config.yml", "artifacts"),
    "vLLM": ("config.json",),
    "onnx": ("1",),
    "openvino_ir": ("1",),
    "tensorflow": ("1",),
    "paddle": ("1",),
    "pytorch": ("1",),
}
"""Format of a model -> what its runtime looks for in the model's folder."""


def main() -> int:
    """Exit code of the step that is named on the command line."""
    folder = Path(os.environ["MODEL_DIR"])
    step = sys.argv[1] if len(sys.argv) > 1 else ""
    if step == "wait":
        return wait(folder, os.environ["MODEL_FORMAT"])
    if step == "upload":
        return upload(folder, os.environ["PUBLISH_TO"])
    print(f"usage: {sys.argv[0]} wait|upload", file=sys.stderr)
    return 64


def wait(folder: Path, model_format: str, pause: float = 15) -> int:
    """Until the mark is there; 1 when the model then lacks what its runtime looks for."""
    mark = folder / MARK
    told = False
    while not mark.exists():
        if not told:
            print(f"waiting for {mark}: the job writes it once the model is whole", flush=True)
            told = True
        time.sleep(pause)
    missing = [name for name in LAYOUT.get(model_format, ()) if not (folder / name).exists()]
    if missing or not files(folder):
        what = " and ".join(missing) or "any file"
        print(f"{folder} is no {model_format} model: it lacks {what}", file=sys.stderr)
        return 1
    return 0


def files(folder: Path) -> list[str]:
    """Paths below the folder, sorted; the mark, and whatever else begins with a dot, stays here."""
    below = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    return sorted(path.as_posix() for path in below if not any(step.startswith(".") for step in path.parts))


def digest(path: Path) -> str:
    """The sha256 of a file."""
    found = hashlib.sha256()
    with path.open("rb") as file:
        for block in iter(lambda: file.read(1 << 20), b""):
            found.update(block)
    return found.hexdigest()


def upload(folder: Path, target: str) -> int:
    """Every file that is not there yet; 1 when another content is published under this name already."""
    bucket, _, prefix = target.removeprefix("s3://").partition("/")
    store = connect()
    for name in files(folder):
        path, key = folder / name, f"{prefix.rstrip('/')}/{name}"
        there, found = published(store, bucket, key), digest(path)
        if there is not None and there != found:
            print(f"s3://{bucket}/{key} has another content: give the model a new version", file=sys.stderr)
            return 1
        if there is None:
            sent = partial(
                store.upload_file, str(path), bucket, key, ExtraArgs={"Metadata": {"sha256": found}}
            )
            patiently(sent, float(os.environ.get("PUBLISH_PATIENCE", "0")))
        print(f"{found}  {name}", flush=True)
    print(f"published {target}", flush=True)
    return 0


def patiently(attempt: Callable[[], object], patience: float, pause: float = 10) -> None:
    """Try until it is done; the site may be without its line for `patience` seconds. A bucket that says no is believed."""
    waited = 0.0
    while True:
        try:
            attempt()
        except Exception as fault:
            status = getattr(fault, "response", {}).get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
            if waited >= patience or 400 <= status < 500:  # noqa: PLR2004
                raise
            print(f"{type(fault).__name__}: {fault}; again in {pause:g} s", file=sys.stderr, flush=True)
        else:
            return
        time.sleep(pause)
        waited, pause = waited + pause, min(pause * 2, 300)


def published(store: Any, bucket: str, key: str) -> str | None:
    """The digest that an object was uploaded with: empty when somebody else made it, None when there is none."""
    try:
        return str(store.head_object(Bucket=bucket, Key=key)["Metadata"].get("sha256", ""))
    except store.exceptions.ClientError as fault:
        if fault.response["Error"]["Code"] in {"404", "NoSuchKey", "NotFound"}:
            return None
        raise


def connect() -> Any:
    """A client for the bucket: what it is told in the environment is what KServe's own transfers are told."""
    import boto3  # type: ignore[import-not-found, unused-ignore]  # noqa: PLC0415 - not where this is tested
    from botocore.config import Config  # type: ignore[import-not-found, unused-ignore]  # noqa: PLC0415

    bundle = Path(os.environ.get("PUBLISH_CA", "/nowhere"))
    trusted: str | bool | None = str(bundle) if bundle.is_file() and bundle.stat().st_size else None
    if os.environ.get("S3_VERIFY_SSL") == "0":
        trusted = False
    endpoint = os.environ.get("AWS_ENDPOINT_URL") or None
    # Stores that are not Amazon's own often know no buckets as host names.
    by_path = endpoint is not None and os.environ.get("S3_USER_VIRTUAL_BUCKET") != "true"
    style = Config(s3={"addressing_style": "path"}) if by_path else None
    return boto3.client("s3", endpoint_url=endpoint, verify=trusted, config=style)


if __name__ == "__main__":
    sys.exit(main())
