"""Characters that a reader of a spec does not see, or sees as something else; `yaml/strict.py` and `specs/types.py` ask here.

Bidirectional controls make a reviewer read another text than the program does (CVE-2021-42574); characters
without a shape and letters put together from parts make two different names look the same.
"""

from __future__ import annotations

import re
import unicodedata

INVISIBLE = (
    r"\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u2800\u3164"
    r"\ufeff\uffa0\ufff0-\uffff"
)
"""Inside [] of a pattern: what has no shape in the basic plane (Unicode Default_Ignorable_Code_Point, and a
blank that is none); emoji keep their variation selectors."""

_FOUND = re.compile(f"[{INVISIBLE}\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]")


def hidden(text: str) -> tuple[int, str] | None:
    """(offset, what stands there) of the first character that is not what it looks like; None without one."""
    if text.isascii():
        return None
    found = _FOUND.search(text)
    if found:
        return found.start(), f"a character that no editor shows (U+{ord(found[0]):04X})"
    if unicodedata.is_normalized("NFC", text):
        return None
    composed = unicodedata.normalize("NFC", text)
    at = next((i for i, (one, two) in enumerate(zip(text, composed, strict=False)) if one != two), 0)
    return at, f"a letter in parts (U+{ord(text[at]):04X})"
