"""`make live [PART=...]`: what our objects meet on real controllers.

Exit code: 0 as expected, 1 something is not, 3 a program cannot be built or does not run, 64 no such part.
"""

from __future__ import annotations

import signal
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path as File

from . import api, cel, delivery, kueue, kueue_decisions, policies, ray, serving
from .binaries import BuildFailed, say
from .client import Refused
from .processes import NotReady

PARTS: dict[str, Callable[[File], list[str]]] = {
    "api": api.run,
    "cel": cel.run,
    "kueue": kueue.run,
    "kueue-cases": kueue_decisions.run,
    "ray": ray.run,
    "serving": serving.run,
    "delivery": delivery.run,
    "policies": policies.run,
}


def main(arguments: Sequence[str]) -> int:
    """Run the parts that are named, all without a name."""
    if unknown := [name for name in arguments if name not in PARTS]:
        say(f"no such part: {', '.join(unknown)} (there are {', '.join(PARTS)})")
        return 64
    # A SIGTERM ends Python at once otherwise, without what closes control planes.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    wrong: list[str] = []
    for name in arguments or PARTS:
        started = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="nearedge-live-") as folder:
            try:
                found = PARTS[name](File(folder))
            except (BuildFailed, NotReady, Refused) as problem:
                say(f"{name}: {problem}")
                return 3
        for line in found:
            say(f"{name}: {line}")
        wrong += found
        say(
            f"{name}: {'as expected' if not found else f'{len(found)} not as expected'}, {time.monotonic() - started:.0f} s"
        )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
