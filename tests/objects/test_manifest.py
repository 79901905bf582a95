"""What all components build manifests from."""

from __future__ import annotations

import hashlib
import re

from generator.objects.manifest import content_hash


def test_no_hash_of_content_reads_as_a_number_with_an_exponent() -> None:
    digests = [hashlib.sha256(f"[{i}]".encode()).hexdigest()[:8] for i in range(2_000)]
    hashes = [content_hash(i) for i in range(2_000)]
    strange = [digest for digest in digests if re.fullmatch("[0-9]+e[0-9]+", digest)]
    assert strange
    assert not [made for made in hashes if re.fullmatch("[0-9]+e[0-9]+", made)]
    assert {made for made, digest in zip(hashes, digests, strict=True) if made != digest} == {
        digest.replace("e", "f") for digest in strange
    }
