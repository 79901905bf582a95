"""Asks the built image, which runs beside this step, and compares its answers with what is expected.

READY answers 200 within STARTUP seconds; then each request of DATA goes to ASK, and its answer is held against that of
EXPECTED. Only what is expected is compared: ids and times of an answer may be what they like. Numbers may differ by
TOLERANCE, in parts of the expected one; of requests PASSING percent have to be answered so, each within LATENCY seconds.
"""

from __future__ import annotations

import json
import math
import os
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

SHOWN = 10
"""Differences that are printed of one answer."""
LONGEST = 300.0
"""Seconds that an answer is waited for where nobody says."""


def main() -> int:
    """0 when enough answers are as expected."""
    told = os.environ
    questions, expected = documents(Path(told["DATA"])), documents(Path(told["EXPECTED"]))
    if not questions or len(questions) != len(expected):
        print(f"{len(questions)} requests and {len(expected)} answers to compare with", file=sys.stderr)
        return 1
    base = told["SERVER"]
    if not ready(f"{base}{told['READY']}", float(told["STARTUP"])):
        print(f"{told['READY']} did not answer 200 within {told['STARTUP']} s", file=sys.stderr)
        return 1
    tolerance, slowest = float(told.get("TOLERANCE") or 0), float(told.get("LATENCY") or 0)
    passed, times = 0, []
    for number, (question, wanted) in enumerate(zip(questions, expected, strict=True), 1):
        began = time.monotonic()
        wrong = list(judged(f"{base}{told['ASK']}", question, wanted, tolerance))
        took = time.monotonic() - began
        times.append(took)
        if slowest and took > slowest:
            wrong.append(f"took {took:.2f} s, {slowest:g} are allowed")
        passed += not wrong
        for said in wrong[:SHOWN]:
            print(f"request {number}: {said}", flush=True)
    line = f"{passed} of {len(questions)} as expected, the slowest in {max(times):.2f} s"
    print(line, flush=True)
    if "RESULT_PASSED" in told:
        Path(told["RESULT_PASSED"]).write_text(line, encoding="utf-8")
    return 0 if passed * 100 >= int(told.get("PASSING") or 100) * len(questions) else 1


def documents(path: Path) -> list[Any]:
    """The JSON of a file; of .jsonl one on each line."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".jsonl":
        return [json.loads(line) for line in text.splitlines() if line.strip()]
    return [json.loads(text)]


def ready(url: str, patience: float, pause: float = 1) -> bool:
    """Whether the server says within so many seconds that it is."""
    end = time.monotonic() + patience
    while True:
        try:
            with urllib.request.urlopen(url, timeout=10) as answer:
                if answer.status == 200:  # noqa: PLR2004
                    return True
        except OSError:
            pass
        if time.monotonic() >= end:
            return False
        time.sleep(pause)


def judged(url: str, question: Any, wanted: Any, tolerance: float) -> Iterator[str]:
    """What is wrong with the answer to one request."""
    body = json.dumps(question).encode()
    request = urllib.request.Request(url, body, {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=LONGEST) as answer:
            found = json.load(answer)
    except urllib.error.HTTPError as fault:
        yield f"HTTP {fault.code}: {fault.read(500).decode(errors='replace')}"
    except (OSError, ValueError) as fault:
        yield f"{type(fault).__name__}: {fault}"
    else:
        yield from differences(wanted, found, tolerance)


def differences(wanted: Any, found: Any, tolerance: float, path: str = "$") -> Iterator[str]:
    """Where an answer is not as expected; what nobody expects is not looked at."""
    if isinstance(wanted, dict) and isinstance(found, dict):
        for key, value in wanted.items():
            if key in found:
                yield from differences(value, found[key], tolerance, f"{path}.{key}")
            else:
                yield f"{path} has no {key}"
    elif isinstance(wanted, list) and isinstance(found, list):
        if len(wanted) != len(found):
            yield f"{path} has {len(found)} items, {len(wanted)} are expected"
        for i, (one, other) in enumerate(zip(wanted, found, strict=False)):
            yield from differences(one, other, tolerance, f"{path}[{i}]")
    elif is_number(wanted) and is_number(found):
        if not math.isclose(wanted, found, rel_tol=tolerance, abs_tol=0.0):
            yield f"{path} is {found}, {wanted} is expected"
    elif wanted != found or type(wanted) is not type(found):
        yield f"{path} is {json.dumps(found)[:200]}, {json.dumps(wanted)[:200]} is expected"


def is_number(value: Any) -> bool:
    """A number of JSON, which true is none of."""
    return isinstance(value, int | float) and not isinstance(value, bool)


if __name__ == "__main__":
    sys.exit(main())
