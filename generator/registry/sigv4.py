"""The signature of a request to an object store, without a body.

Source: Amazon S3 API Reference, "Authenticating Requests: Using the Authorization Header (AWS Signature Version 4)".
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import quote

EMPTY = hashlib.sha256(b"").hexdigest()


@dataclass(frozen=True)
class Keys:
    """Who asks, and where."""

    access: str
    secret: str = field(repr=False)
    token: str = field(repr=False)
    region: str


@dataclass(frozen=True)
class Signed:
    """What is signed; the path is quoted already."""

    verb: str
    host: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]


def signed(request: Signed, keys: Keys, now: datetime) -> dict[str, str]:
    """The headers of a request with those that say who asks; `now` is in UTC."""
    stamp, day = now.strftime("%Y%m%dT%H%M%SZ"), now.strftime("%Y%m%d")
    headers = {**request.headers, "x-amz-content-sha256": EMPTY, "x-amz-date": stamp}
    if keys.token:
        headers["x-amz-security-token"] = keys.token
    # What the client itself adds is signed as well, but not given to it.
    whole = {key.lower(): value for key, value in {**headers, "host": request.host}.items()}
    names = ";".join(sorted(whole))
    query = "&".join(
        f"{quote(key, safe='~')}={quote(value, safe='~')}" for key, value in sorted(request.query.items())
    )
    lines = [request.verb, request.path, query, *(f"{key}:{whole[key].strip()}" for key in sorted(whole))]
    canonical = "\n".join([*lines, "", names, EMPTY])
    scope = f"{day}/{keys.region}/s3/aws4_request"
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    key = f"AWS4{keys.secret}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    signature = hmac.digest(key, f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{digest}".encode(), "sha256").hex()
    said = f"Credential={keys.access}/{scope},SignedHeaders={names},Signature={signature}"
    return {**headers, "Authorization": f"AWS4-HMAC-SHA256 {said}"}
