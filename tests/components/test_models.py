"""Models: the load script as a shell runs it, and the bases that clusters share."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from generator.components.kit.base_key import base_key
from generator.components.kit.component import Cluster, Unit
from generator.components.models import MODELS, claim_name
from generator.components.models.emit import FETCH, INITIALIZER, SCRIPTS
from generator.objects.manifest import CONTENT_HASH, SYNC_WAVE, Manifest
from tests.conftest import build

DIGEST = "sha256:" + "0a1b2c3d" * 8
FILES = {"config.yml": b"runtime: tgis\n", "artifacts/model": b"\x00weights"}


def sums(files: dict[str, bytes]) -> dict[str, str]:
    return {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}


def model(**changes: Any) -> dict[str, Any]:
    plain = {"format": "caikit", "version": "1", "size": "1Mi", "source": f"oci://quay.io/acme/flan@{DIGEST}"}
    return {**plain, "checksums": sums(FILES), **changes}


def item(**changes: Any) -> dict[str, Any]:
    plain = {"name": "assistant", "namespace": "ai", "model": "flan", "runtime": "caikit-tgis"}
    return {**plain, "storage": {"type": "pvc"}, **changes}


def cluster(spec: dict[str, Any], *serving: dict[str, Any], **sections: Any) -> Cluster:
    found, _, findings = build({"models": {"flan": spec}, "cluster": {**sections, "serving": list(serving)}})
    assert found is not None, findings
    return found


def units(spec: dict[str, Any], *serving: dict[str, Any], **sections: Any) -> tuple[Unit, ...]:
    return tuple(MODELS.units(cluster(spec, *serving, **sections)))


def of_kind(unit: Unit, kind: str) -> Manifest:
    return next(item for item in unit.final if item["kind"] == kind)


@dataclass(frozen=True)
class Volume:
    """A volume on disk, and the folder a transfer takes its files from."""

    root: Path
    source: Path

    def load(self, spec: dict[str, Any], **sections: Any) -> bool:
        """Run the Job of this model as its two containers would; False when one fails."""
        (unit,) = units(spec, item(), **sections)
        data = of_kind(unit, "ConfigMap")["data"]
        scripts = self.root.parent / "scripts"
        scripts.mkdir(exist_ok=True)
        initializer = scripts / "initializer"
        initializer.write_text(f'#!/bin/sh\ncp -R "{self.source}/." "$2/"\n')
        initializer.chmod(0o755)
        places = {
            FETCH: str(initializer),
            INITIALIZER: str(initializer),
            SCRIPTS: str(scripts),
            "/mnt/models": str(self.root),
            " /models/.": f" {self.source}/.",
        }
        for name, text in data.items():
            for there, here in places.items():
                text = text.replace(there, here)  # noqa: PLW2901
            (scripts / name).write_text(text)
        steps = (["sh", str(scripts / "load.sh"), step] for step in ("fetch", "publish"))
        return all(subprocess.run(step, check=False, capture_output=True).returncode == 0 for step in steps)

    def write(self, files: dict[str, bytes]) -> None:
        for name, data in files.items():
            (self.source / name).parent.mkdir(parents=True, exist_ok=True)
            (self.source / name).write_bytes(data)

    def has(self) -> dict[str, bytes]:
        """Everything on the volume but markers."""
        found = (
            path
            for path in sorted(self.root.rglob("*"))
            if path.is_file() and not path.name.startswith(".complete-")
        )
        return {str(path.relative_to(self.root)): path.read_bytes() for path in found}

    def published_at(self, version: str, moment: int) -> None:
        """Let a version have been published (or found to be there) at this second, long ago."""
        for marker in (self.root / "flan" / version).glob(".complete-*"):
            os.utime(marker, (moment, moment))

    def versions(self) -> set[str]:
        return {path.name for path in (self.root / "flan").iterdir()}


@pytest.fixture
def volume(tmp_path: Path) -> Volume:
    found = Volume(tmp_path / "volume", tmp_path / "source")
    found.root.mkdir()
    found.source.mkdir()
    found.write(FILES)
    return found


WANTED = {f"flan/1/{name}": data for name, data in FILES.items()}
SOURCES = {"oci": f"oci://quay.io/acme/flan@{DIGEST}", "s3": "s3://acme/flan", "hf": "hf://acme/flan"}


@pytest.mark.parametrize("source", SOURCES.values(), ids=SOURCES)
def test_a_version_is_published_and_loading_it_again_changes_nothing(volume: Volume, source: str) -> None:
    assert volume.load(model(source=source))
    assert volume.has() == WANTED
    volume.write({"config.yml": b"something else"})
    assert volume.load(model(source=source))
    assert volume.has() == WANTED


def test_a_transfer_that_does_not_match_its_checksums_is_not_published(volume: Volume) -> None:
    volume.write({"config.yml": b"tampered"})
    assert not volume.load(model())
    assert "1" not in volume.versions()
    volume.write(FILES)
    assert volume.load(model())
    assert volume.has() == WANTED


def test_an_empty_transfer_is_not_published(volume: Volume, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    assert not Volume(volume.root, empty).load(model(checksums={}))


def test_what_an_interrupted_run_left_is_removed(volume: Volume) -> None:
    left = ["flan/.part-1-01234567", "flan/.old-1-01234567", "flan/.part-1-2-01234567"]
    for name in left:
        (volume.root / name).mkdir(parents=True)
    assert volume.load(model())
    assert volume.versions() == {"1", ".part-1-2-01234567"}


def test_the_version_before_is_kept_and_older_ones_go(volume: Volume) -> None:
    (volume.root / "flan/by-hand").mkdir(parents=True)
    for moment, version in enumerate(("1", "2", "3")):
        assert volume.load(model(version=version))
        volume.published_at(version, moment)
    assert volume.versions() == {"2", "3", "by-hand"}


def test_after_a_rollback_the_version_that_is_served_is_kept(volume: Volume) -> None:
    for moment, version in enumerate(("1", "2", "1")):
        assert volume.load(model(version=version))
        volume.published_at(version, moment)
    assert volume.load(model(version="3"))
    assert volume.versions() == {"1", "3"}


def test_new_content_under_an_old_version_replaces_it(volume: Volume) -> None:
    assert volume.load(model())
    files = {"config.yml": b"new"}
    volume.write(files)
    assert volume.load(model(checksums=sums(files)))
    assert volume.has()["flan/1/config.yml"] == b"new"
    assert volume.versions() == {"1"}


DAMAGE = {"full": (b"damaged", False), "fast": (b"damaged", True)}


@pytest.mark.parametrize(
    ("verify", "content", "found"), [(name, *rest) for name, rest in DAMAGE.items()], ids=DAMAGE
)
def test_damage_on_the_volume_is_found_by_full_verification(
    volume: Volume, verify: str, content: bytes, *, found: bool
) -> None:
    assert volume.load(model(), models={"verify": verify})
    (volume.root / "flan/1/config.yml").write_bytes(content)
    assert volume.load(model(), models={"verify": verify}) is found
    assert volume.load(model(), models={"verify": verify})


def test_a_missing_file_is_found_by_fast_verification(volume: Volume) -> None:
    assert volume.load(model(), models={"verify": "fast"})
    (volume.root / "flan/1/config.yml").unlink()
    assert not volume.load(model(), models={"verify": "fast"})
    assert volume.load(model(), models={"verify": "fast"})
    assert volume.has() == WANTED


def job_name(spec: dict[str, Any], **sections: Any) -> str:
    (unit,) = units(spec, item(), **sections)
    name: str = of_kind(unit, "Job")["metadata"]["name"]
    assert of_kind(unit, "ConfigMap")["metadata"]["name"] == name
    return name


CHANGES = {
    "version": ({"version": "2"}, {}),
    "source": ({"source": "s3://acme/flan"}, {}),
    "checksums": ({"checksums": {}}, {}),
    "credential": ({"credentialsSecret": "pull"}, {}),
    "settings": ({}, {"models": {"deadline": "1h"}}),
}


@pytest.mark.parametrize(("changes", "sections"), CHANGES.values(), ids=CHANGES)
def test_what_matters_to_a_job_makes_it_another_job(
    changes: dict[str, Any], sections: dict[str, Any]
) -> None:
    assert job_name(model(**changes), **sections) != job_name(model())


def test_what_does_not_matter_to_a_job_leaves_it() -> None:
    (unit,) = units(model(), item(replicas={"min": 1, "max": 1}, storage={"type": "pvc", "size": "9Gi"}))
    assert of_kind(unit, "Job")["metadata"]["name"] == job_name(model(size="2Mi"))


SHARED = {
    "size": item(storage={"type": "pvc", "size": "9Gi"}),
    "class": item(storage={"type": "pvc", "class": "lvms"}),
    "modes": item(storage={"type": "pvc", "accessModes": ["ReadWriteMany"]}),
}


@pytest.mark.parametrize("other", SHARED.values(), ids=SHARED)
def test_the_volume_of_a_cluster_moves_no_base(other: dict[str, Any]) -> None:
    (plain,), (changed,) = units(model(), item()), units(model(), other)
    assert plain.key == changed.key == base_key("models", "own", "flan", "ai")
    assert tuple(plain.common()) == tuple(changed.common())
    assert plain.final != changed.final


def test_a_job_bound_to_nodes_has_a_base_of_its_own() -> None:
    (plain,), (bound,) = units(model(), item()), units(model(), item(nodeSelector={"gpu": "l4"}))
    assert plain.key != bound.key
    job = next(manifest for manifest in bound.common() if manifest["kind"] == "Job")
    assert job == of_kind(bound, "Job")
    assert job["spec"]["template"]["spec"]["nodeSelector"] == {"gpu": "l4"}


def test_two_servers_of_a_namespace_share_a_volume() -> None:
    (unit,) = units(model(), item(), item(name="second"))
    assert of_kind(unit, "PersistentVolumeClaim")["metadata"]["name"] == claim_name("flan") == "flan-models"


def test_a_volume_is_never_deleted_with_its_last_server() -> None:
    (unit,) = units(model(), item())
    annotations = of_kind(unit, "PersistentVolumeClaim")["metadata"]["annotations"]
    assert annotations["argocd.argoproj.io/sync-options"] == "Prune=false,Delete=false"


@pytest.mark.parametrize("name", ["flan", "a" * 63, f"{'a' * 53}-{'b' * 9}"], ids=["short", "long", "dash"])
def test_the_name_of_a_cache_is_a_label(name: str) -> None:
    found, _, findings = build(
        {
            "profile": "upstream",
            "models": {name: model(source="s3://acme/flan")},
            "cluster": {
                "models": {"cache": {"size": "1Gi", "nodeSelector": {"disk": "nvme"}}},
                "serving": [item(model=name, storage={"type": "cache"})],
            },
        }
    )
    assert found is not None, findings
    made = [manifest for unit in MODELS.units(found) for manifest in unit.final]
    (cache,) = (manifest for manifest in made if manifest["kind"] == "LocalModelCache")
    assert re.fullmatch(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?", cache["metadata"]["name"])
    assert cache["metadata"]["name"].endswith(f"-{cache['metadata']['labels'][CONTENT_HASH]}")


def test_a_clone_is_made_of_the_volume_after_its_job() -> None:
    (unit,) = units(model(), item(storage={"type": "pvc", "clone": True, "size": "9Gi"}))
    source, clone = (found for found in unit.final if found["kind"] == "PersistentVolumeClaim")
    assert clone["spec"]["dataSource"] == {"kind": source["kind"], "name": source["metadata"]["name"]}
    assert clone["spec"]["resources"] == source["spec"]["resources"]
    assert clone["spec"]["accessModes"] == ["ReadOnlyMany"]
    waves = [int(found["metadata"]["annotations"][SYNC_WAVE]) for found in (of_kind(unit, "Job"), clone)]
    assert waves[0] < waves[1]
    (other,) = units(model(version="2"), item(storage={"type": "pvc", "clone": True, "size": "9Gi"}))
    names = {
        found["metadata"]["name"]
        for one in (unit, other)
        for found in one.final
        if "dataSource" in found.get("spec", {})
    }
    assert len(names) == 2
