"""Models of Hugging Face: the commit of a branch or tag, its files with sizes and checksums.

Source: huggingface/huggingface_hub 03333b6 src/huggingface_hub/hf_api.py `ModelInfo`, `RepoSibling` and `BlobLfsInfo`, as
`model_info(files_metadata=True)` asks for them; constants.py for HF_ENDPOINT, utils/_auth.py for HF_TOKEN.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

from .found import SUMMED, Found, Narrow
from .http import Unanswered, ask

SMALL = 2**20
"""Bytes up to which a file that has no sha256 there (all that is not in LFS) is fetched for one."""
FILES = 64
"""Files that are fetched for that."""
_COMMIT = re.compile(r"[0-9a-f]{40}")


def look(text: str, environment: Mapping[str, str], narrow: Narrow) -> Found:
    """What org/name[:revision] is now.

    Raises:
        Unanswered: there is no such model, or one may not see it.
    """
    name, _, revision = text.partition(":")
    site = (environment.get("HF_ENDPOINT") or "https://huggingface.co").rstrip("/")
    token = environment.get("HF_TOKEN", "")
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    url = f"{site}/api/models/{quote(name)}/revision/{quote(revision or 'main', safe='')}?blobs=true"
    answer = ask(url, headers=headers, who="Hugging Face")
    if answer.status in {401, 403, 404}:
        hint = "" if token else "; HF_TOKEN says who asks"
        raise Unanswered(f"hf://{text} is not there, or may not be seen{hint}")
    if answer.status != 200:  # noqa: PLR2004 - the only one with a model
        raise Unanswered(f"Hugging Face answers {answer.status}")
    data = answer.data("Hugging Face")
    commit, listed = str(data.get("sha")), data.get("siblings")
    if not _COMMIT.fullmatch(commit) or not isinstance(listed, list):
        raise Unanswered(f"Hugging Face says no commit of {name}")
    files = [item for item in listed if narrow.takes(item["rfilename"])]
    if not files:
        raise Unanswered(f"hf://{text} has no file that the patterns of the model take")
    sums = dict(_sums(files, f"{site}/{quote(name)}/resolve/{commit}", headers))
    left = sum(SUMMED.fullmatch(item["rfilename"]) is not None for item in files) - len(sums)
    notes = (f"{left} file{'s' if left != 1 else ''} without a checksum",) if left else ()
    return Found(f"hf://{name}:{commit}", sum(map(_size, files)), sums, notes)


def _size(item: Mapping[str, Any]) -> int:
    return int((item.get("lfs") or item).get("size") or 0)


def _sums(files: list[dict[str, Any]], below: str, headers: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    fetched = 0
    for item in sorted(files, key=lambda item: str(item["rfilename"])):
        file = item["rfilename"]
        if not SUMMED.fullmatch(file):
            continue
        if item.get("lfs"):
            yield file, str(item["lfs"]["sha256"])
        elif _size(item) <= SMALL and fetched < FILES:
            fetched += 1
            answer = ask(f"{below}/{quote(file)}", headers=headers, follow=True, who="Hugging Face")
            # Git's own name of the content says whether what came is what is listed.
            blob = hashlib.sha1(b"blob %d\0" % len(answer.body) + answer.body, usedforsecurity=False)
            if answer.status == 200 and blob.hexdigest() == item.get("blobId"):  # noqa: PLR2004 - the file
                yield file, hashlib.sha256(answer.body).hexdigest()
