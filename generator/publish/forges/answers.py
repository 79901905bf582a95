"""What a forge's answer means: data, or a fault. The same for all three, because the web in between is the same.

A proxy answers for a forge that is down, with HTML and any status; a limit comes as 429 or as 403; a time is given in
seconds, as a date, or as the moment when a limit ends, by the clock of the server.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any

from .forge import Denied, Exists, Limited, Unclear

A_MINUTE = 60.0
"""What GitHub asks for where it says that a secondary limit is exceeded, and not for how long."""
_LIMIT = re.compile(r"rate limit|too many requests|abuse detection", re.IGNORECASE)
_EXISTS = re.compile(r"already exists", re.IGNORECASE)
_TOO_MANY, _SERVER = 429, 500


@dataclass(frozen=True)
class Answer:
    """A response to one request."""

    status: int
    headers: Mapping[str, str]
    text: str

    def header(self, name: str) -> str | None:
        """A header, however its name is spelled."""
        lower = name.lower()
        return next((value for key, value in self.headers.items() if key.lower() == lower), None)


def data_of(forge: str, answer: Answer) -> Any:
    """The JSON of an answer; None when it has to be empty.

    Raises:
        Limited, Unclear, Denied: it is no answer to what was asked.
    """
    if 200 <= answer.status < 300:  # noqa: PLR2004 - what HTTP calls success
        return _read(forge, answer)
    if 300 <= answer.status < 400:  # noqa: PLR2004 - and redirection
        where = re.sub(r"//[^/@]*@", "//", (answer.header("Location") or "elsewhere").partition("?")[0])
        raise Denied(
            f"{forge} sends on to {where}: set the remote (or --forge-url) to where the repository is now",
            answer.status,
        )
    said = _said(answer.text)
    if answer.status == _TOO_MANY or (answer.status == 403 and _is_limit(answer, said)):  # noqa: PLR2004
        raise Limited(f"{forge} limits requests{_colon(said)}", _asked(answer, said))
    if answer.status >= _SERVER or answer.status == 408:  # noqa: PLR2004 - a time-out of the server
        raise Unclear(f"{forge} is not well (status {answer.status})", _seconds(answer))
    raise _denied(forge, answer.status, said)


def _read(forge: str, answer: Answer) -> Any:
    if answer.status == 204 or not answer.text.strip():  # noqa: PLR2004 - no content
        return None
    try:
        return json.loads(answer.text)
    except (ValueError, RecursionError):
        kind = "a web page" if answer.text.lstrip()[:1] == "<" else "something that is no JSON"
        raise Unclear(f"{forge} answered with {kind}: is this the address of its API?") from None


def _denied(forge: str, status: int, said: str) -> Denied:
    if status in {409, 422} and _EXISTS.search(said):
        return Exists(f"{forge}: {said}", status)
    if status == 401:  # noqa: PLR2004
        return Denied(f"{forge} does not accept the token: is it for this forge, and still valid?", status)
    if status == 403:  # noqa: PLR2004
        return Denied(f"the token may not do this on {forge}{_colon(said)}", status)
    if status == 404:  # noqa: PLR2004
        return Denied(f"{forge} has no such repository, or the token may not see it", status)
    return Denied(f"{forge} refuses (status {status}){_colon(said)}", status)


def _colon(said: str) -> str:
    return f": {said}" if said else ""


def _said(text: str) -> str:
    """The message of an error, in one line; nothing of a web page."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        return ""
    if not isinstance(data, dict):
        return ""
    parts = [data.get("message"), data.get("error")]
    parts += [item.get("message") if isinstance(item, dict) else item for item in _listed(data.get("errors"))]
    flat = (str(piece) for part in parts if part for piece in (part if isinstance(part, list) else (part,)))
    return " ".join("; ".join(dict.fromkeys(flat)).split())[:500]


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _is_limit(answer: Answer, said: str) -> bool:
    spent = answer.header("X-RateLimit-Remaining") == "0"
    return spent or answer.header("Retry-After") is not None or bool(_LIMIT.search(said))


def _asked(answer: Answer, said: str) -> float | None:
    seconds = _seconds(answer)
    if seconds is not None:
        return seconds
    if answer.header("X-RateLimit-Remaining") == "0" or answer.header("RateLimit-Remaining") == "0":
        reset = answer.header("X-RateLimit-Reset") or answer.header("RateLimit-Reset") or ""
        now = _moment(answer.header("Date"))
        if reset.isdecimal() and now is not None:
            return max(float(reset) - now, 0.0)
    return A_MINUTE if "secondary" in said.lower() else None


def _seconds(answer: Answer) -> float | None:
    """What Retry-After says: seconds, or a moment by the server's own clock."""
    value = (answer.header("Retry-After") or "").strip()
    if value.isdecimal():
        return float(value)
    until, now = _moment(value), _moment(answer.header("Date"))
    return max(until - now, 0.0) if until is not None and now is not None else None


def _moment(date: str | None) -> float | None:
    try:
        return parsedate_to_datetime(date or "").timestamp()
    except (ValueError, TypeError, OverflowError, OSError):
        return None
