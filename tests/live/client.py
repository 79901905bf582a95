"""A small client of an API server: strict server-side apply, get, list, delete. All waits are bounded."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator
from pathlib import Path as File
from typing import Any, NamedTuple

import requests

from generator.objects.manifest import Manifest

from .certificates import Pair

FIELD_MANAGER = "argocd-controller"
SECONDS = 60
NOT_FOUND = 404
CONFLICT = 409
BUSY = frozenset({429, 503, 504})
RETRIES = (1, 3, 10, 30)
"""Seconds between tries where the server says that it is too busy: other work may be on this machine."""


INVALID = " is invalid: "


class Refused(Exception):
    """The API server said no: `code` and its words.

    What it has against several fields it says in the order of a map, another one each time: here in that of the alphabet.
    """

    def __init__(self, code: int, message: str, causes: Iterable[str] = ()) -> None:
        begin, invalid, _ = message.partition(INVALID)
        ordered = sorted(set(causes))
        several = invalid and len(ordered) > 1
        self.code = code
        self.message = f"{begin}{invalid}[{', '.join(ordered)}]" if several else message
        super().__init__(f"{code}: {self.message}")


class Kind(NamedTuple):
    """Where the API server has a kind."""

    api_version: str
    plural: str
    namespaced: bool


class Client:
    """Speaks for one user. Kinds are looked up once; `forget` after CRDs have come."""

    def __init__(self, server: str, authority: File, user: Pair) -> None:
        self.server = server
        self._speaks = authority, user
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.verify = str(authority)
        self._session.cert = (str(user.certificate), str(user.key))
        self._kinds: dict[tuple[str, str], Kind] = {}
        self._absent: set[tuple[str, str]] = set()

    def another(self) -> Client:
        """The same user for another thread: a session is of one."""
        return Client(self.server, *self._speaks)

    def healthy(self) -> bool:
        """Whether the server says that it is ready."""
        try:
            return self._session.get(f"{self.server}/readyz", timeout=5).ok
        except requests.RequestException:
            return False

    def version(self) -> str:
        """Of the server, as it says itself."""
        return str(self.call("GET", "/version")["gitVersion"])

    def apply(self, manifest: Manifest, *, dry_run: bool = False, manager: str = FIELD_MANAGER) -> Manifest:
        """Forced server-side apply; what the server does not know or would drop is refused.

        Raises:
            Refused: by schema, CEL, admission, webhook or a conflict of versions.
        """
        query = f"fieldManager={manager}&force=true&fieldValidation=Strict{'&dryRun=All' if dry_run else ''}"
        return self.call("PATCH", f"{self.path(manifest)}?{query}", manifest, "application/apply-patch+yaml")

    def create(self, manifest: Manifest, *, dry_run: bool = False) -> Manifest:
        """A plain create, as controllers do it."""
        collection = self.path(manifest).rpartition("/")[0]
        query = f"fieldValidation=Strict{'&dryRun=All' if dry_run else ''}"
        return self.call("POST", f"{collection}?{query}", manifest)

    def merge(self, manifest: Manifest, patch: Manifest, part: str = "") -> Manifest:
        """A JSON merge patch on the object, or on a part of it: `status`, `scale`."""
        place = self.path(manifest) + (f"/{part}" if part else "")
        return self.call("PATCH", f"{place}?fieldManager=played", patch, "application/merge-patch+json")

    def get(self, manifest: Manifest) -> Manifest | None:
        """The object as it is now; None when it is not there."""
        try:
            return self.call("GET", self.path(manifest))
        except Refused as no:
            if no.code == NOT_FOUND:
                return None
            raise

    def list(self, api_version: str, kind: str, namespace: str = "") -> list[Manifest]:
        """All objects of a kind, with apiVersion and kind, which the server leaves out in lists."""
        place = self._place(self.kind(api_version, kind), namespace)
        items = self.call("GET", place).get("items") or []
        return [{"apiVersion": api_version, "kind": kind, **item} for item in items]

    def delete(self, manifest: Manifest) -> None:
        """Begin to delete it; gone already is fine."""
        options = {"propagationPolicy": "Background", "gracePeriodSeconds": 0}
        try:
            self.call("DELETE", self.path(manifest), options)
        except Refused as no:
            if no.code != NOT_FOUND:
                raise

    def remove(self, manifest: Manifest, seconds: float = SECONDS) -> None:
        """Delete it and wait until it is gone; finalizers that nobody here serves are taken off.

        Raises:
            Refused: it is still there.
        """
        self.delete(manifest)
        until = time.monotonic() + seconds
        while (now := self.get(manifest)) is not None:
            if now["metadata"].get("finalizers"):
                self._release(now)
            if time.monotonic() > until:
                raise Refused(CONFLICT, f"{manifest['kind']} {manifest['metadata']['name']} does not go away")
            time.sleep(0.05)

    def _release(self, manifest: Manifest) -> None:
        try:
            self.merge(manifest, {"metadata": {"finalizers": None}})
        except Refused as no:
            if no.code != NOT_FOUND:
                raise

    def kind(self, api_version: str, kind: str) -> Kind:
        """Where the server has it, waiting a while, once, for a CRD that has just come.

        Raises:
            Refused: it does not have it.
        """
        until = time.monotonic() + SECONDS
        while (api_version, kind) not in self._kinds:
            for found in self._discovered(api_version):
                self._kinds[api_version, found[0]] = found[1]
            if (api_version, kind) not in self._kinds:
                if (api_version, kind) in self._absent or time.monotonic() > until:
                    self._absent.add((api_version, kind))
                    raise Refused(NOT_FOUND, f"no {kind} in {api_version}")
                time.sleep(0.2)
        return self._kinds[api_version, kind]

    def serves(self, api_version: str, kind: str) -> bool:
        """Whether the server has it now."""
        return any(found == kind for found, _ in self._discovered(api_version))

    def _discovered(self, api_version: str) -> Iterator[tuple[str, Kind]]:
        root = "/apis" if "/" in api_version else "/api"
        try:
            answer = self.call("GET", f"{root}/{api_version}")
        except Refused:
            return
        for item in answer["resources"]:
            if "/" not in item["name"]:
                yield item["kind"], Kind(api_version, item["name"], item["namespaced"])

    def path(self, manifest: Manifest) -> str:
        """Where the object lies on the server."""
        meta = manifest["metadata"]
        kind = self.kind(manifest["apiVersion"], manifest["kind"])
        return f"{self._place(kind, meta.get('namespace', ''))}/{meta['name']}"

    @staticmethod
    def _place(kind: Kind, namespace: str) -> str:
        root = "/apis" if "/" in kind.api_version else "/api"
        inside = f"/namespaces/{namespace}" if kind.namespaced and namespace else ""
        return f"{root}/{kind.api_version}{inside}/{kind.plural}"

    def call(self, method: str, path: str, body: Any = None, content: str = "application/json") -> Manifest:
        """One request.

        Raises:
            Refused: any answer but a good one.
        """
        for wait in (*RETRIES, None):
            answer = self._session.request(
                method,
                f"{self.server}{path}",
                data=None if body is None else json.dumps(body),
                headers={"Content-Type": content, "Accept": "application/json"},
                timeout=SECONDS,
            )
            if answer.status_code not in BUSY or wait is None:
                break
            time.sleep(wait)
        if not answer.ok:
            raise _refusal(answer)
        found: Manifest = answer.json()
        return found


def _refusal(answer: requests.Response) -> Refused:
    try:
        status = answer.json()
        causes = (status.get("details") or {}).get("causes") or ()
        said = [f"{one['field']}: {one['message']}" for one in causes if "field" in one]
        return Refused(answer.status_code, str(status["message"]), said)
    except (ValueError, KeyError, TypeError):
        return Refused(answer.status_code, answer.text[:500])
