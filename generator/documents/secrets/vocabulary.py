"""What names and words give away: a name that is that of a credential, a word that nobody made up.

Beside `documents/secrets/forms.py`, which knows credentials by their form; `documents/secrets/search.py` asks both.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


STEM = re.compile(r"pass|pwd|secret|token|key|credential", re.IGNORECASE)
"""In every name of a credential."""
_STRONG = _words("passphrase passwd password passcode pwd secret")
_WEAK = _words("accesskey apikey credential credentials pass privatekey secretkey token")
_KEYS = _words(
    "access account admin api app auth client consumer deploy encryption hmac jwt licence license master private"
    " secret service session shared signing ssh storage subscription webhook"
)
"""Words before `key` that make it a credential."""
_ABOUT = _words(
    "algorithm audience class count dir directory enabled endpoint expiry file format header host id issuer length"
    " limit mode name namespace path policy prefix provider ref required role rotation size store suffix timeout"
    " ttl type uri url version"
)
"""Last words of names that speak about a credential and are none."""
_ADDRESS = _words(
    "commit checksum digest etag fingerprint guid hash md5 ref rev revision sha sha1 sha256 sha512 uuid"
)
"""Words that say that a number in hexadecimal is no credential."""

_NAMING = _words("existing external from image pull tls")
"""Words before `secret` in the values of charts that make it the name of a Secret, or of its key."""

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_HARMLESS = re.compile(
    r"(true|false|yes|no|none|null|optional|required|redacted|placeholder)|\$.*|[/.~].*|[*x.]+|<.*|[0-9]{1,6}|-.*",
    re.IGNORECASE,
)
_REFERENCE = re.compile(r"(\$|<|\*|(true|false|none|null|redacted)$)", re.IGNORECASE)

HEX = re.compile(r"[0-9a-f]+|[0-9A-F]+")
LEAST_RUN = 12
"""Letters and digits in a row that a random word has somewhere; most names have dashes and dots before."""
_LONG = re.compile(r"[A-Za-z0-9+/_-]{20,}={0,2}")
_DIGEST_MARKS = ("sha256:", "sha512:")
_PLACE = re.compile(r"/[0-9a-f]{32,64}(?![A-Za-z0-9])|(?<![A-Za-z0-9])[0-9a-f]{32,64}/")
"""A folder or a file that is named after its content."""
_NAME_PARTS = re.compile(r"[a-z]+[0-9]*")
_RUN = re.compile(r"[A-Za-z0-9+]+")
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_COMMIT, _LEAST_KINDS = 40, 3


@lru_cache(maxsize=4096)
def sureness(name: str) -> str:
    """How surely a name is that of a credential: "strong", "weak", "key" when only the value can tell, ""."""
    if not STEM.search(name):
        return ""
    words = [word.lower() for word in _WORD.findall(name)]
    if not words or words[-1] in _ABOUT:
        return ""
    if _STRONG.intersection(words) or words[-1].endswith(("password", "passwd", "secret")):
        return "strong"
    if words[-1] in _WEAK or words[-1].endswith("token") or words[-2:-1] == ["api"] or "token" in words[:-1]:
        return "weak"
    before = words[-2] if len(words) > 1 else ""
    return ("weak" if before in _KEYS else "key") if words[-1] == "key" else ""


def chart_name(key: str) -> str:
    """A key of a chart's values as far as it may be that of a credential; "" where by Helm's custom it names a Secret.

    >>> chart_name("existingSecret"), chart_name("envFromSecret"), chart_name("clientSecret")
    ('', '', 'clientSecret')
    """
    words = [word.lower() for word in _WORD.findall(key)]
    if _NAMING.intersection(words[:-1]) and words[-1] in {"key", "ref", "secret", "secrets"}:
        return ""
    return key


def is_value(value: str, name: str) -> bool:
    """True when a value is no reference, number, path or plain switch."""
    sure = sureness(name)
    if not any(map(str.isalnum, value)) or _REFERENCE.match(value):
        return False
    if sure == "strong":
        return not value.startswith("/")
    if sure == "weak":
        return _HARMLESS.fullmatch(value) is None
    return bool(len(value) >= LEAST_RUN and value.isalnum() and _mixed(value))


def _mixed(text: str) -> bool:
    return any(sign.isdigit() for sign in text) and any(sign.isalpha() for sign in text)


def long_random(text: str) -> Iterator[tuple[int, str]]:
    """(offset, word) of the random words of 20 and more characters; none that is marked as a digest."""
    for match in _LONG.finditer(text):
        before = text[max(0, match.start() - len(_DIGEST_MARKS[0])) : match.start()]
        if before not in _DIGEST_MARKS and is_random(_PLACE.sub("/", match[0]).rstrip("=")):
            yield match.start(), match[0]


def is_address(word: str, context: str) -> bool:
    """True for a commit, a UUID, and a number in hexadecimal that its name calls a digest."""
    if _UUID.search(word) or (len(word) == _COMMIT and HEX.fullmatch(word)):
        return True
    return bool(HEX.fullmatch(word) and _ADDRESS.intersection(_NAME_PARTS.findall(context.lower())))


def is_random(word: str) -> bool:
    """True when letters of both cases and digits change as often as they do in nothing that people write."""
    runs: list[str] = _RUN.findall(word)
    if max(map(len, runs), default=0) < LEAST_RUN:
        return False
    kinds = Counter(map(_kind, word))
    if kinds["digit"] < _LEAST_KINDS and not (kinds["digit"] and len(word) >= 2 * LEAST_RUN):
        return False
    both = bool(kinds["lower"] and kinds["upper"])
    pairs = [(_kind(one), _kind(two)) for run in runs for one, two in pairwise(run)]
    changes = sum(one != two for one, two in pairs) / len(pairs)
    letters = kinds["lower"] + kinds["upper"]
    return (
        letters >= _LEAST_KINDS
        and changes >= (0.35 if both else 0.25)
        and _entropy(word) >= (3.5 if both else 3)
    )


def _kind(sign: str) -> str:
    return "digit" if sign.isdigit() else "upper" if sign.isupper() else "lower" if sign.islower() else ""


def _entropy(word: str) -> float:
    """Bits for each character."""
    return -sum(n / len(word) * math.log2(n / len(word)) for n in Counter(word).values())
