"""Asks a model server that runs in the cluster, and compares its answers with what is expected.

Each request of DATA goes to ASK of the first of SERVERS that takes a connection, and its answer is held against that of
EXPECTED as the test of a build does it (ask_model.py beside this file). TOKEN is sent where there is one, and CA is whom an
https server is believed by: who signed its certificate, or the certificate itself. The exit code is what the alert is made
of: 0 when PASSING percent are answered so.
"""

from __future__ import annotations

import os
import socket
import ssl
import sys
import time
import urllib.request
from pathlib import Path
from urllib.parse import urlsplit

from ask_model import (  # type: ignore[import-not-found, unused-ignore]
    SHOWN,
    documents,
    judged,
)

PATIENCE = 10.0
"""Seconds that a connection is waited for."""


def main() -> int:
    """0 when enough answers are as expected."""
    told = os.environ
    questions, expected = documents(Path(told["DATA"])), documents(Path(told["EXPECTED"]))
    if not questions or len(questions) != len(expected):
        print(f"{len(questions)} requests and {len(expected)} answers to compare with", file=sys.stderr)
        return 1
    server = next((place for place in told["SERVERS"].split() if listens(place)), None)
    if server is None:
        print(f"nobody listens at {told['SERVERS']}", file=sys.stderr)
        return 1
    urllib.request.install_opener(opener(told.get("CA"), told.get("TOKEN")))
    tolerance, slowest = float(told.get("TOLERANCE") or 0), float(told.get("LATENCY") or 0)
    passed = 0
    for number, (question, wanted) in enumerate(zip(questions, expected, strict=True), 1):
        began = time.monotonic()
        wrong = list(judged(f"{server}{told['ASK']}", question, wanted, tolerance))
        took = time.monotonic() - began
        if slowest and took > slowest:
            wrong.append(f"took {took:.2f} s, {slowest:g} are allowed")
        passed += not wrong
        for said in wrong[:SHOWN]:
            print(f"request {number}: {said}", flush=True)
    print(f"{passed} of {len(questions)} as expected", flush=True)
    return 0 if passed * 100 >= int(told.get("PASSING") or 100) * len(questions) else 1


def listens(server: str) -> bool:
    """Whether somebody takes a connection there."""
    place = urlsplit(server)
    try:
        with socket.create_connection((place.hostname or "", place.port or 80), PATIENCE):
            return True
    except OSError:
        return False


def opener(ca: str | None, token: str | None) -> urllib.request.OpenerDirector:
    """Sends requests straight to the server, with the token, and believes nobody but the CA."""
    context = ssl.create_default_context(cafile=ca or None)
    # A server's own certificate is enough, whoever has signed it.
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    made = urllib.request.build_opener(
        urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context)
    )
    made.addheaders = [("Authorization", f"Bearer {token.strip()}")] if token else []
    return made


if __name__ == "__main__":
    sys.exit(main())
