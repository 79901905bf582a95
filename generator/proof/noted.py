"""What an edit proved, noted for the render after it: that one has nothing left to compile or to prove.

compile, naming every folder's key -> prove what is touched (part.py) -> write -> note
"""

from __future__ import annotations

from itertools import chain
from pathlib import Path as File

from ..flow.rendered import Rendered
from .known import Fact, Known, recalled, remember
from .verify import Verification
from .versions import NOTHING
from .witness import Looking


class Naming(Looking):
    """A witness that only finds out the keys of what is compiled anyway: what of it changes is proven where it is laid out."""

    def __init__(self) -> None:
        super().__init__(Known(NOTHING, ""))

    def knows(self, keys: tuple[tuple[str, str], ...]) -> bool:  # noqa: ARG002 - whatever they are
        """Nothing is compiled or examined for this witness."""
        return True


def note(root: File, shared: File | None, rendered: Rendered, found: Verification) -> None:
    """Write down what passed of a change that is on disk now, and what was known of the rest.

    `rendered` was made with `Naming`; `shared` is the folder of proofs of several machines.

    Raises:
        ToolMissing: there is no kustomize.
    """
    seen = (*(compiled.seen for compiled in rendered.clusters), rendered.whole.seen)
    keys = dict(chain.from_iterable(one.keys for one in seen))
    # Where a cluster was rendered without a witness before, its folder has no key yet.
    proven = [one for one in found.evidence if one.folder in keys] if found.passed else []
    facts = {keys[one.folder]: Fact.of(one) for one in proven}
    remember(root, recalled(root, shared), keys.values(), facts)
