"""Models of an object store: the sizes of their files, and the checksums that the store has itself.

Source: Amazon S3 API Reference 2006-03-01, ListObjectsV2 and HeadObject (x-amz-checksum-mode); the variables are those of
the AWS SDKs and Tools Reference Guide. An ETag is no sha256, and of an upload in parts no digest of the file at all.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from urllib.parse import quote, urlencode, urlsplit
from xml.etree import ElementTree as ET

from .found import SUMMED, Found, Narrow, Store
from .http import Answer, Unanswered, ask
from .sigv4 import Keys, Signed, signed

PAGES = 50
"""Pages of a listing, of 1,000 files each."""
HEADS = 200
"""Files that are asked for a checksum."""
_SHA256 = 32


def look(text: str, environment: Mapping[str, str], narrow: Narrow, store: Store) -> Found:
    """What bucket/key holds now, as a folder.

    Raises:
        Unanswered: nothing is there, or one may not see it.
    """
    bucket, _, key = text.partition("/")
    prefix = f"{key.rstrip('/')}/"
    place = _Bucket(bucket, environment, store)
    listed = [(name, size) for name, size in place.files(prefix) if narrow.takes(name.removeprefix(prefix))]
    if not listed:
        raise Unanswered(f"s3://{text} holds no file")
    sums = {}
    for name, _ in listed[:HEADS]:
        file = name.removeprefix(prefix)
        if SUMMED.fullmatch(file) and (found := place.sha256(name)):
            sums[file] = found
    without = len(listed) - len(sums)
    notes = (f"{without} of {len(listed)} files without a sha256 in the store",) if without else ()
    return Found(f"s3://{text}", sum(size for _, size in listed), sums, notes)


class _Bucket:
    """A bucket, asked with the keys of the environment, or as anybody when it has none."""

    def __init__(self, bucket: str, environment: Mapping[str, str], store: Store) -> None:
        get = environment.get
        self._called = f"s3://{bucket}"
        region = store.region or get("AWS_REGION") or get("AWS_DEFAULT_REGION") or "us-east-1"
        endpoint = get("AWS_ENDPOINT_URL_S3") or get("AWS_ENDPOINT_URL") or store.endpoint
        site = urlsplit((endpoint or f"https://s3.{region}.amazonaws.com").rstrip("/"))
        host = f"{bucket}.{site.netloc}" if store.virtual_hosted else site.netloc
        self._site, self._base = f"{site.scheme}://{host}", "" if store.virtual_hosted else f"/{bucket}"
        key, secret = get("AWS_ACCESS_KEY_ID", ""), get("AWS_SECRET_ACCESS_KEY", "")
        self._keys = Keys(key, secret, get("AWS_SESSION_TOKEN", ""), region) if key and secret else None

    def files(self, prefix: str) -> Iterator[tuple[str, int]]:
        """Key and size of each file."""
        query = {"list-type": "2", "prefix": prefix}
        for _ in range(PAGES):
            page = self._listing(query)
            for item in page.iterfind("{*}Contents"):
                name, size = item.findtext("{*}Key", ""), item.findtext("{*}Size", "0")
                # A folder that somebody made in a console is an empty file whose name ends with a slash.
                if not name.endswith("/"):
                    yield name, int(size)
            more = page.findtext("{*}NextContinuationToken")
            if not more:
                return
            query["continuation-token"] = more
        raise Unanswered(f"{self._called}/{prefix} holds more than {PAGES * 1000} files")

    def sha256(self, name: str) -> str:
        """The sha256 that the store keeps of a whole file; empty when it has none."""
        answer = self._ask("HEAD", f"/{name}", {}, {"x-amz-checksum-mode": "ENABLED"})
        try:
            raw = base64.b64decode(answer.headers.get("x-amz-checksum-sha256", ""), validate=True)
        except binascii.Error:
            # Of an upload in parts: a sum of sums, with the number of parts behind it.
            return ""
        return raw.hex() if answer.status == 200 and len(raw) == _SHA256 else ""  # noqa: PLR2004

    def _listing(self, query: Mapping[str, str]) -> ET.Element:
        answer = self._ask("GET", "", query, {})
        if answer.status in {401, 403}:
            hint = "" if self._keys else "; AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY say who asks"
            raise Unanswered(f"{self._called} may not be listed{hint}")
        if answer.status != 200 or b"<!" in answer.body:  # noqa: PLR2004 - the only one with a listing
            raise Unanswered(f"{self._called} cannot be listed: the store answers {answer.status}")
        try:
            return ET.fromstring(answer.body)  # noqa: S314 - without <! there are no entities to expand
        except ET.ParseError:
            raise Unanswered(f"{self._called} cannot be listed: the store answers with no XML") from None

    def _ask(self, verb: str, path: str, query: Mapping[str, str], headers: Mapping[str, str]) -> Answer:
        path = quote(f"{self._base}{path}" or "/", safe="/~")
        site = urlsplit(self._site)
        request = Signed(verb, site.netloc, path, query, headers)
        sent = signed(request, self._keys, datetime.now(UTC)) if self._keys else dict(headers)
        asked = f"?{urlencode(sorted(query.items()), quote_via=quote)}" if query else ""
        return ask(f"{self._site}{path}{asked}", verb=verb, headers=sent, who=self._called)
