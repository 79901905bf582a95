"""What registries, object stores and Hugging Face say of a model or an image: digest, size, checksums.

The network is asked only when somebody says so, by `--from` and `--resolve`. A few GETs with `requests`, which is there
anyway: huggingface_hub, boto3 and oras would bring dozens of packages for them.

Comes in: a source as specs have it, with a tag or a branch for a digest. Goes out: what is there now. Not here: specs.
"""

from __future__ import annotations

from collections.abc import Mapping

from ..errors import NearedgeError
from . import huggingface, oci, s3
from .found import Found, Narrow, Store


class NobodyToAsk(NearedgeError):
    """A source of a kind that nothing can be asked of; usage."""

    exit_code = 64


def look(
    source: str, environment: Mapping[str, str], narrow: Narrow | None = None, store: Store | None = None
) -> Found:
    """What is there now.

    Raises:
        NobodyToAsk: it is no oci://, hf:// or s3://.
        Unanswered: nobody answers, or not as they should.
    """
    scheme, _, rest = source.partition("://")
    wanted = narrow or Narrow()
    match scheme:
        case "oci" | "image":
            found = oci.look(rest, environment)
            return Found(f"{scheme}://{found.source}", found.size, found.checksums, found.notes)
        case "hf":
            return huggingface.look(rest, environment, wanted)
        case "s3":
            return s3.look(rest, environment, wanted, store or Store())
    raise NobodyToAsk(f"{source}: oci://, hf:// and s3:// can be asked what is there")
