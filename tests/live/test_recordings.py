"""The code's predictions beside what real controllers did: tests/live/recorded/, made by `make live RECORD=1`."""

from __future__ import annotations

from pathlib import Path as File
from typing import Any

import pytest

from generator.admission import verdicts
from generator.components.kit.component import Cluster
from tests.conftest import build
from tests.live.recording import load, replayed


def built(case: dict[str, Any]) -> Cluster:
    cluster, _, findings = build(case)
    assert cluster is not None, findings
    return cluster


def named(path: File) -> str:
    return f"{path.parent.name}/{path.stem}"


@pytest.mark.parametrize("path", replayed("kueue"), ids=named)
def test_kueue_decides_as_we_say(path: File) -> None:
    recording = load(path)
    said = {
        f"{item.kind} {item.namespace}/{item.name}": str(item.decision)
        for item in verdicts(built(recording.input))
    }
    seen = {key: item["decision"] for key, item in recording.said["workloads"].items()}
    assert {key: said.get(key) for key in seen} == seen
    assert recording.said["inactive"] == []
