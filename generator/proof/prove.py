"""Prove a rendered tree on disk: what is not known is examined, what is known is not proven twice.

rendered with a witness     evidence came with it                   the usual way
rendered without one        compiled once more, for the witness     who has no use for a proof renders like that
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain
from pathlib import Path as File

from ..disk import tree
from ..flow.engine import Engine
from ..flow.incremental import compiled_again
from ..flow.parallel import PROCESSES
from ..flow.rendered import Rendered, Seen
from ..kustomize.readback import reader
from .evidence import Evidence
from .known import Fact, Known, remember, together
from .meant import Failure
from .outside import Progress
from .verify import BUILD_ALL, NOTHING_KNOWN, Ground, Verification, settled
from .witness import Looking


def prove(  # noqa: PLR0913 - what, held against what, what is known of it, how, by whom
    root: File,
    rendered: Rendered,
    known: Known,
    *,
    full: bool = False,
    progress: Progress,
    engine: Engine = PROCESSES,
) -> Verification:
    """What is on disk, held against what was rendered; what passes is remembered.

    `full` has the real kustomize build every folder that is not known. `engine` looks at what was rendered without a
    witness.

    Raises:
        ToolMissing: there is no kustomize.
        ToolFailed: a program does not start or does not end.
    """
    seen = _seen(root, rendered, known, progress, engine)
    evidence: list[Evidence] = [one for part in seen for one in part.evidence]
    keys = dict(chain.from_iterable(part.keys for part in seen))
    fresh = {one.folder: one for one in evidence}
    proven = {folder: key for folder, key in keys.items() if folder not in fresh}
    earlier = together(known, proven) if proven else NOTHING_KNOWN
    every = len(evidence) + len(proven) <= BUILD_ALL
    found = settled(Ground(root, root), evidence, earlier, every=every, full=full, progress=progress)
    other = tree.compare(root, rendered.tree).written if evidence else ()
    if known.believed:
        found = found.beside(
            Failure(path, "", "is not on disk what was proven: somebody wrote it meanwhile") for path in other
        )
    # One folder of a shape stands for all of them: where one fails nothing is taken for proven.
    sound = found.passed and not other
    facts = {keys[folder]: Fact.of(one) for folder, one in fresh.items()} if sound else {}
    remember(root, known, proven.values(), facts)
    return found


def _seen(root: File, rendered: Rendered, known: Known, progress: Progress, engine: Engine) -> Sequence[Seen]:
    """What a witness saw of each cluster and of the hubs; who was rendered without one is looked at now."""
    assert rendered.fleet is not None  # noqa: S101 - the fleet has been rendered
    looking = Looking(known, reader(root))
    unseen = tuple(compiled.file for compiled in rendered.clusters if _unseen(compiled.seen, known))
    fresh = compiled_again(root, unseen, progress, looking, engine) if unseen else ()
    again = {one.file: one for one in fresh}
    clusters = [again.get(compiled.file, compiled).seen for compiled in rendered.clusters]
    whole = rendered.whole.seen
    if rendered.whole.files and _unseen(whole, known):
        from .. import hub  # noqa: PLC0415 - where it was not proven with the rest

        texts = _texts(root, rendered)
        whole = looking.hub(rendered.fleet, hub.emit_all(rendered.fleet), texts)
    return [*clusters, whole]


def _unseen(seen: Seen, known: Known) -> bool:
    """Whether there is a folder that is neither proven nor has evidence; facts of the others are there from now on."""
    examined = {one.folder for one in seen.evidence}
    rest = [key for folder, key in seen.keys if folder not in examined]
    return not known.has(rest) if rest else not examined


def _texts(root: File, rendered: Rendered) -> Mapping[str, str]:
    """Files of the hubs, as they are on disk where nobody made them anew."""
    read = reader(root)
    return {path: rendered.tree.texts.get(path) or read(path) or "" for path in rendered.whole.files}
