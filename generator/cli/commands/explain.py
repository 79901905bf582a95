"""`nearedge explain`: from a value to its lines of output, and back."""

from __future__ import annotations

import argparse
import re
import sys

from ..exits import CLEAN, UsageError
from ..here import file_of, root_of

_PLACE = re.compile(r"(?P<file>.+?):(?P<line>[0-9]{1,9})(:[0-9]+)?")


def arguments(parser: argparse.ArgumentParser) -> None:
    """A path of a cluster, group, model or the fleet, or a line of any file."""
    parser.add_argument(
        "subject", metavar="NAME|FILE:LINE", help="a cluster, group or model, fleet, or a line of any file"
    )
    parser.add_argument("path", nargs="?", metavar="PATH", help="with a name: serving[name].replicas.max")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="how to show it")


def run(options: argparse.Namespace) -> int:
    """Explain the value of a spec, or a line of output."""
    from ...explain.line import trace_line
    from ...explain.named import explain_line, explain_named
    from ...report import explained

    root = root_of(options)
    subject, path = options.subject, options.path
    place = _PLACE.fullmatch(subject) if path is None else None
    if path is None and place is None:
        more = "" if "/" in subject else f"; nearedge show {subject} shows all of it"
        raise UsageError(f"{subject!r}: say NAME PATH, such as store-001 ring, or FILE:LINE{more}")
    if place is not None:
        file, line = file_of(root, place["file"]), int(place["line"])
        if not file.startswith("clusters/"):
            trace = trace_line(root, file, line)
            as_json = options.format == "json"
            sys.stdout.write(explained.trace_json(trace) if as_json else explained.trace_text(trace))
            if trace.stale:
                sys.stderr.write(f"{file} is not what the specs give now: run nearedge render\n")
            return CLEAN
        found = explain_line(root, file, line)
    else:
        found = explain_named(root, subject if "/" not in subject else file_of(root, subject), path)
    as_json = options.format == "json"
    sys.stdout.write(explained.explanation_json(found) if as_json else explained.explanation_text(found))
    return CLEAN
