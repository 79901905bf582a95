"""Asking over HTTPS: a bound on time and size, no secret in a sentence, and none to another host."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import requests

from ..errors import NearedgeError

SECONDS = (10.0, 60.0)
"""To connect, and between two bytes."""
LARGEST = 32 * 2**20
"""Bytes of an answer; the largest listings have a few."""
TRIES = 3
_AGAIN = frozenset({429, 500, 502, 503, 504})
_LONGEST = 20.0
"""Seconds that a server may ask us to wait."""
_HERE = frozenset({"localhost", "127.0.0.1", "::1"})


class Unanswered(NearedgeError):
    """Somebody was asked, and gave no answer that can be used; the environment's fault."""

    exit_code = 3


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    """Names in any case."""
    body: bytes

    def data(self, who: str) -> Any:
        """The body as JSON.

        Raises:
            Unanswered: it is none.
        """
        try:
            return json.loads(self.body)
        except ValueError:
            raise Unanswered(f"{who} answers with something that is no JSON") from None


def ask(  # noqa: PLR0913 - a request has so many parts
    url: str,
    *,
    verb: str = "GET",
    headers: Mapping[str, str] | None = None,
    follow: bool = False,
    who: str = "",
    sleep: Callable[[float], None] = time.sleep,
) -> Answer:
    """One answer, whatever its status.

    Raises:
        Unanswered: nobody answers, too late, or with too much; or it would not be HTTPS.
    """
    parts = urlsplit(url)
    if parts.scheme != "https" and parts.hostname not in _HERE:
        raise Unanswered(f"{who or parts.hostname} is not asked without TLS: {parts.scheme}://{parts.netloc}")
    named = who or str(parts.hostname)
    for turn in range(1, TRIES + 1):
        try:
            found = _sent(verb, url, headers or {}, named, follow=follow)
        except requests.RequestException as error:
            if turn == TRIES:
                # The text of an exception holds the whole URL, and what is in its query.
                raise Unanswered(f"{named} gives no answer: {type(error).__name__}") from None
            sleep(float(turn))
            continue
        if found.status not in _AGAIN or turn == TRIES:
            return found
        asked = found.headers.get("Retry-After", "")
        sleep(min(float(asked) if asked.isdecimal() else float(turn), _LONGEST))
    raise AssertionError


def _sent(verb: str, url: str, headers: Mapping[str, str], who: str, *, follow: bool) -> Answer:
    with requests.Session() as session:
        # Otherwise requests would take a password of ~/.netrc in place of what is said here.
        session.auth = _as_it_is
        session.headers["User-Agent"] = "nearedge"
        with session.request(
            verb, url, headers=dict(headers), timeout=SECONDS, stream=True, allow_redirects=follow
        ) as answer:
            body = bytearray()
            for chunk in answer.iter_content(2**16):
                body += chunk
                if len(body) > LARGEST:
                    raise Unanswered(f"{who} answers with more than {LARGEST // 2**20} MiB")
            return Answer(answer.status_code, answer.headers, bytes(body))


def _as_it_is(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request
