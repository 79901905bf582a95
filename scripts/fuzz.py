"""Fuzz the way of a spec from bytes to findings, for as many seconds as one likes.

    python scripts/fuzz.py [SECONDS] [SEED]

With atheris installed its coverage chooses the bytes for the reader; without it sound specs are changed at random,
in their bytes and in their data. Ends with 1 when anything else than a finding comes out; the file that did it is
kept in .nearedge/fuzz/.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
import time
import traceback
from pathlib import Path
from random import Random
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from generator.documents.files import find_specs, read_text  # noqa: E402 - of this checkout
from generator.fleet.spec_files import kind_of  # noqa: E402
from tests.fuzz.corpus import CLUSTER, EDGE, FLEET, repository, spec  # noqa: E402
from tests.fuzz.mutate import mutated_bytes, mutated_text, turned_text  # noqa: E402
from tests.fuzz.targets import read, site, small_fleet, whole  # noqa: E402

KEPT = ROOT / ".nearedge/fuzz"
SLOW = 1.0
"""Seconds that an answer may take."""


def main(arguments: list[str]) -> int:
    """Run; the exit code."""
    seconds = float(arguments[0]) if arguments else 60.0
    seed = int(arguments[1]) if len(arguments) > 1 else 0
    if importlib.util.find_spec("atheris") is not None:
        return _with_atheris(seconds, seed)
    return _at_random(seconds, seed)


def _at_random(seconds: float, seed: int) -> int:
    draw, seeds = Random(seed), _seeds()  # noqa: S311 - no secrets
    runs, failures, slowest = 0, set[str](), (0.0, "")
    end = time.monotonic() + seconds
    with small_fleet() as root:
        while time.monotonic() < end:
            runs += 1
            file, raw = _drawn(seeds, draw)
            started = time.perf_counter()
            said = _failure(root, file, raw)
            took = time.perf_counter() - started
            if said is not None and said not in failures:
                failures.add(said)
                print(f"{_keep(raw, len(failures))}\n{said}")
            slowest = max(slowest, (took, file))
            if took > SLOW:
                print(f"{took:.1f} s for {_keep(raw, 1000 + runs)}")
    print(f"seed {seed}: {runs} runs, {len(failures)} failures, slowest {slowest[0]:.2f} s")
    return 1 if failures else 0


def _seeds() -> dict[str, list[dict[str, Any]]]:
    """Sound documents by the file that they may stand in."""
    texts = {file: raw.decode() for file, raw in repository().items()}
    found = {file: [read_text(text)[0]] for file, text in texts.items()}
    for file in find_specs(ROOT)[0]:
        if kind_of(file) == "Cluster":
            data = read_text((ROOT / file).read_text("utf-8"))[0]
            found[EDGE].append({**data, "metadata": {"name": "e"}})
    found[EDGE] += [spec("Cluster", "e", CLUSTER)] * len(found[EDGE])
    found["clusters/fleet.yaml"].append(spec("Fleet", "acme", {**FLEET, "defaults": CLUSTER}))
    return found


def _drawn(seeds: dict[str, list[dict[str, Any]]], draw: Random) -> tuple[str, bytes]:
    # Most of what can go wrong stands in a cluster.
    file = EDGE if draw.random() < 0.8 else draw.choice(sorted(seeds))  # noqa: PLR2004
    data, times = draw.choice(seeds[file]), draw.randrange(1, 7)
    if file == EDGE and draw.random() < 0.7:  # noqa: PLR2004
        return file, turned_text(data, draw, times)
    raw = mutated_text(data, draw, times)
    return file, mutated_bytes(raw, draw, draw.randrange(1, 9)) if draw.random() < 0.2 else raw  # noqa: PLR2004


def _failure(root: Path, file: str, raw: bytes) -> str | None:
    """What came out instead of findings, as the last lines of its traceback."""
    try:
        read(raw.decode("utf-8", "replace"))
        if file == EDGE:
            site(root, raw)
        else:
            whole(root, raw, file)
    except Exception as error:  # noqa: BLE001 - that is what is looked for
        last = traceback.extract_tb(error.__traceback__)[-3:]
        places = "\n".join(f"  {Path(frame.filename).name}:{frame.lineno} {frame.line}" for frame in last)
        return f"{places}\n  {type(error).__name__}"
    return None


def _keep(raw: bytes, number: int) -> Path:
    KEPT.mkdir(parents=True, exist_ok=True)
    path = KEPT / f"{number}.yaml"
    path.write_bytes(raw)
    return path


def _with_atheris(seconds: float, seed: int) -> int:
    atheris = importlib.import_module("atheris")

    def target(raw: bytes) -> None:
        read(raw.decode("utf-8", "replace"))

    KEPT.mkdir(parents=True, exist_ok=True)
    atheris.instrument_all()
    options = [
        f"-max_total_time={int(seconds)}",
        f"-seed={seed}",
        "-max_len=4096",
        f"-artifact_prefix={KEPT}/",
    ]
    atheris.Setup([sys.argv[0], *options], target)
    atheris.Fuzz()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
