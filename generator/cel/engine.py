"""One call of nearedge-cel, which `program/` is the source of: JSON in, JSON out, within a time.

Why a program in Go and no library in Python: CEL has no kept implementation in Python that checks types, counts cost
and has Kubernetes' own functions (quantity, cidr, ip, semver, format). The API server's libraries are these.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path as File
from typing import Any, NamedTuple

from ..errors import ToolFailed
from ..programs.run import Tool, run

NAME = "nearedge-cel"
SECONDS = 600.0
"""The end of a call; the cost that one expression may have ends it long before."""


class Misfit(NamedTuple):
    """A rule of a CRD that does not hold: the field it is about ("" for all), and what the API server says."""

    field: str
    detail: str

    def __str__(self) -> str:
        return f"{self.field or '/'} {self.detail}"


class Judged(NamedTuple):
    """What the rules of CRDs say of objects, in their order, and how many of the schemas hold rules."""

    objects: tuple[tuple[Misfit, ...], ...]
    holding: int


def judged(tool: Tool, schemas: Sequence[File], objects: Sequence[tuple[int, str]]) -> Judged:
    """Every object (the number of its schema, the manifest as JSON) by the rules of its schema.

    Raises:
        ToolFailed: the program does not start or does not end.
    """
    answer = asked(tool, "crds", request(schemas, objects))
    found = (tuple(Misfit(one["field"], one["detail"]) for one in wrong) for wrong in answer["objects"])
    return Judged(tuple(found), answer["holding"])


def request(schemas: Sequence[File], objects: Sequence[tuple[int, str]] = ()) -> str:
    """What is asked of schema files, and of objects as JSON, which is not read here."""
    items = ",".join(f'{{"schema":{number},"object":{text}}}' for number, text in objects)
    paths = json.dumps([str(path.resolve()) for path in schemas])
    return f'{{"schemas":{paths},"objects":[{items}]}}'


def asked(tool: Tool, command: str, text: str) -> Any:
    """The answer to a request.

    Raises:
        ToolFailed: the program does not start, does not end or does not understand.
    """
    done = run(tool, (command,), stdin=text, timeout=SECONDS)
    try:
        return json.loads(done.stdout)
    except ValueError:
        raise ToolFailed(command=(tool.path, command), reason="printed no JSON", stderr=done.stderr) from None
