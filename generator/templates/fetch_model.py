"""Fetches a model's files into a folder, and goes on where an earlier try stopped.

    fetch.py s3://bucket/prefix FOLDER       every object below the prefix, or the one of that name
    fetch.py https://host/file FOLDER        that file

Runs in a pod, on the Python of KServe's storage initializer, and reads the same environment; that program begins every file
at its first byte (kserve v0.20.0 python/storage/kserve_storage/kserve_storage.py). A file that is not whole yet lies in
FOLDER/.fetching, under a name that changes with its content; what is whole has its own name. A single tar or zip is
unpacked, as there. Exit code 2 says that another try will not help.
"""

from __future__ import annotations

import fnmatch
import hashlib
import json
import mimetypes
import os
import shutil
import sys
import tarfile
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

WORK = ".fetching"
BLOCK = 1 << 20
ENDED, HOPELESS = 1, 2
LATER = frozenset({408, 425, 429})
"""Answers of 4xx that are another one later."""


class RefusedError(Exception):
    """What the other side will not give, however often it is asked."""


@dataclass(frozen=True)
class Remote:
    """A file elsewhere: `mark` changes with its content, empty when nothing tells.

    `read` takes how many bytes are here already; it gives where the answer begins, and its blocks.
    """

    name: str
    size: int | None
    mark: str
    read: Callable[[int], tuple[int, Iterable[bytes]]]


def main() -> int:
    """Exit code of the transfer that the command line names."""
    if len(sys.argv) != len(("program", "source", "folder")):
        print(f"usage: {sys.argv[0]} SOURCE FOLDER", file=sys.stderr)
        return 64
    source, folder = sys.argv[1], Path(sys.argv[2])
    try:
        fetch(in_bucket(source, connect()) if source.startswith("s3://") else at_url(source), folder)
    except RefusedError as fault:
        print(f"{source}: {fault}", file=sys.stderr)
        return HOPELESS
    except Exception as fault:  # noqa: BLE001 - each library has faults of its own; all of them mean: again
        print(f"{source}: {type(fault).__name__}: {fault}", file=sys.stderr)
        return ENDED
    return 0


def fetch(remotes: Iterable[Remote], folder: Path) -> None:
    """All files, each whole; then nothing of the work is left, and a single archive is unpacked."""
    found = list(remotes)
    if not found:
        raise RefusedError("there is no file")
    for remote in found:
        bring(remote, folder)
    shutil.rmtree(folder / WORK, ignore_errors=True)
    if len(found) == 1:
        unpack(folder / found[0].name)


def bring(remote: Remote, folder: Path) -> None:
    """One file: what is here of it stays, and the rest is fetched."""
    target = folder / remote.name
    if any(step in {"", ".", ".."} for step in remote.name.split("/")):
        raise RefusedError(f"{remote.name!r} is no path below the model")
    if target.is_file() and remote.size == target.stat().st_size:
        return
    part = folder / WORK / hashlib.sha256(f"{remote.name}\n{remote.mark}".encode()).hexdigest()
    part.parent.mkdir(parents=True, exist_ok=True)
    here = part.stat().st_size if remote.mark and part.exists() else 0
    if remote.size is None or here != remote.size:
        begin, blocks = remote.read(here)
        with part.open("r+b" if begin else "wb") as file:
            file.seek(begin)
            file.truncate()
            for block in blocks:
                file.write(block)
            file.flush()
            os.fsync(file.fileno())
    if remote.size is not None and part.stat().st_size != remote.size:
        raise OSError(f"{remote.name} has {part.stat().st_size} of {remote.size} bytes")
    target.parent.mkdir(parents=True, exist_ok=True)
    part.replace(target)
    print(remote.name, flush=True)


def wanted(name: str) -> bool:
    """Whether the model's patterns choose a file."""
    allow, ignore = (
        json.loads(os.environ.get(f"STORAGE_{key}_PATTERNS", "[]")) for key in ("ALLOW", "IGNORE")
    )
    chosen = not allow or any(fnmatch.fnmatch(name, pattern) for pattern in allow)
    return chosen and not any(fnmatch.fnmatch(name, pattern) for pattern in ignore)


def in_bucket(source: str, client: Any) -> Iterator[Remote]:
    """The objects of a prefix, in the order of their keys; empty ones and folders are left out."""
    bucket, _, prefix = source.removeprefix("s3://").partition("/")
    prefix = prefix.rstrip("/")
    try:
        pages = client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        listed = [item for page in pages for item in page.get("Contents", ())]
    except client.exceptions.ClientError as fault:
        raise explained(fault) from fault
    for item in listed:
        key, alone = item["Key"], item["Key"] == prefix
        below = key.removeprefix(f"{prefix}/") if prefix else key
        if item["Size"] == 0 or key.endswith("/") or not (alone or key != below or not prefix):
            continue
        name = key.rpartition("/")[2] if alone else below
        if alone or wanted(name):
            yield Remote(name, item["Size"], item["ETag"], _object(client, bucket, item))


def _object(client: Any, bucket: str, item: Any) -> Callable[[int], tuple[int, Iterable[bytes]]]:
    def read(here: int) -> tuple[int, Iterable[bytes]]:
        rest = {"Range": f"bytes={here}-"} if here else {}
        try:
            found = client.get_object(Bucket=bucket, Key=item["Key"], IfMatch=item["ETag"], **rest)
        except client.exceptions.ClientError as fault:
            raise explained(fault) from fault
        return here, found["Body"].iter_chunks(BLOCK)

    return read


def explained(fault: Any) -> Exception:
    """A fault of the bucket; it is hopeless when the bucket answered, and said no."""
    status = int(fault.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    said = f"{fault.response['Error']['Code']}: {fault}"
    return RefusedError(said) if hopeless(status) else OSError(said)


def hopeless(status: int) -> bool:
    """Whether a status of HTTP stays what it is; 412 says that the object is another one now."""
    return 400 <= status < 500 and status not in LATER | {412}  # noqa: PLR2004


def at_url(source: str) -> Iterator[Remote]:
    """The one file at an address."""
    parts = urlsplit(source)
    name = parts.path.rpartition("/")[2]
    if not name:
        raise RefusedError("the address ends in no file name")
    headers = json.loads(os.environ.get(f"{parts.hostname}-headers", "{}"))
    with _asked(source, headers) as answer:
        mark = answer.headers.get("ETag") or answer.headers.get("Last-Modified") or ""
        length = answer.headers.get("Content-Length")
    # A weak tag is no promise about bytes.
    strong = "" if mark.startswith("W/") else mark

    def read(here: int) -> tuple[int, Iterable[bytes]]:
        rest = {"Range": f"bytes={here}-", "If-Range": strong} if here else {}
        found = _asked(source, {**headers, **rest})
        return here if found.status_code == 206 else 0, found.iter_content(BLOCK)  # noqa: PLR2004

    yield Remote(name, int(length) if length else None, strong, read)


def _asked(source: str, headers: dict[str, str]) -> Any:
    import requests  # type: ignore[import-untyped, unused-ignore]  # noqa: PLC0415 - not where this is tested

    # As it is: a length is that of what is sent.
    told = {**headers, "Accept-Encoding": "identity"}
    answer = requests.get(source, stream=True, headers=told, timeout=60)
    if answer.status_code >= 400:  # noqa: PLR2004
        said = f"HTTP {answer.status_code} {answer.reason}"
        raise RefusedError(said) if hopeless(answer.status_code) else OSError(said)
    return answer


def unpack(path: Path) -> None:
    """A single tar or zip becomes what is in it."""
    kind = mimetypes.guess_type(path.name)[0]
    if kind == "application/x-tar":
        with tarfile.open(path) as archive:
            archive.extractall(path.parent, filter="data")
    elif kind == "application/zip":
        with zipfile.ZipFile(path) as archive:
            archive.extractall(path.parent)  # noqa: S202 - zipfile takes no path that leads outside
    else:
        return
    path.unlink()


def connect() -> Any:
    """A client for the bucket, as its environment says."""
    import boto3  # type: ignore[import-not-found, unused-ignore]  # noqa: PLC0415 - not where this is tested
    from botocore import UNSIGNED  # type: ignore[import-not-found, unused-ignore]  # noqa: PLC0415
    from botocore.config import Config  # type: ignore[import-not-found, unused-ignore]  # noqa: PLC0415

    told = os.environ
    config = Config(connect_timeout=15, read_timeout=60, retries={"max_attempts": 3, "mode": "standard"})
    if told.get("awsAnonymousCredential", "").lower() == "true":
        config = config.merge(Config(signature_version=UNSIGNED))
    if told.get("S3_USER_VIRTUAL_BUCKET", "").lower() == "true":
        config = config.merge(Config(s3={"addressing_style": "virtual"}))
    # Left out, AWS_CA_BUNDLE counts, which load.sh sets where there is one.
    verify = {"verify": False} if told.get("S3_VERIFY_SSL", "").lower() in {"0", "false"} else {}
    return boto3.client("s3", endpoint_url=told.get("AWS_ENDPOINT_URL") or None, config=config, **verify)


if __name__ == "__main__":
    sys.exit(main())
