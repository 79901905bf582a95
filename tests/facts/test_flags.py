"""The data of servers' flags: nothing without a source, and every image that ships is one of a known release."""

from __future__ import annotations

from pathlib import Path

import pytest

from generator.facts.files import PACKAGE, shipped_data
from generator.facts.flags import (
    FOLDER,
    Release,
    nearest_release,
    release_of,
    releases,
    serve_schema,
    server_images,
)
from generator.facts.images import of_platform
from generator.facts.profiles import profiles
from generator.facts.timezones import time_zones
from tests.conftest import some

FILES = sorted((PACKAGE / FOLDER).glob("*-[0-9]*.yaml"))
SERVERS = ("vllm", "ovms", "tgis", "mlserver", "ray")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_flag_has_a_source(path: Path) -> None:
    release = Release.model_validate(shipped_data(f"{FOLDER}/{path.name}"))
    assert (
        path.stem
        == f"{release.server}-{release.version[:7] if len(release.version) > 20 else release.version}"
    )
    assert release.package
    assert release.sources
    for source in release.sources:
        assert source.file.endswith((".py", ".cpp", ".rs"))
        assert source.flags
        # By its content, or by the commit that it was read at.
        assert source.sha256 or len(release.version) == 40
    assert sum(len(source.flags) for source in release.sources) == len(release.flags())


def test_every_image_and_platform_is_of_a_release_that_there_is() -> None:
    known = server_images()
    for item in some(known.images):
        assert item.version in releases(item.server)
        assert item.source
    for platform, servers in some(known.platforms.items()):
        assert platform in profiles()
        assert {version in releases(server) for server, version in servers.items()} == {True}


@pytest.mark.parametrize("server", ["vllm", "ovms", "tgis"])
def test_the_release_of_a_shipped_image_is_known(server: str) -> None:
    assert release_of(server, of_platform("odh-3.4")[server].image, "odh-3.4").exact


@pytest.mark.parametrize(
    ("platform", "version"), [("rhoai-2.25", "0.10.1.1"), ("rhoai-3.3", "0.13.0"), ("rhoai-3.5", "0.24.0")]
)
def test_a_platform_has_its_own_vllm(platform: str, version: str) -> None:
    found = release_of("vllm", of_platform(platform)["vllm"].image, platform)
    assert (found.version, found.exact) == (version, True)
    assert server_images().platforms[platform]["vllm"] == version


def test_an_unknown_image_is_judged_by_its_platform_else_by_the_newest() -> None:
    image = f"quay.io/acme/vllm@sha256:{'9' * 64}"
    assert release_of("vllm", image, "odh-3.4")[1:4:2] == ("0.18.0", False)
    assert release_of("vllm", image, "upstream").version == list(releases("vllm"))[-1]


def test_the_newest_release_that_is_not_newer_counts() -> None:
    assert nearest_release("ray", "2.52.0")[1:4:2] == ("2.52.0", True)
    assert nearest_release("ray", "2.59.1").version == "2.52.0"
    assert nearest_release("ray", "2.9.0").version == "2.52.0"
    assert nearest_release("ray", "3.0.0").version == "2.60.0"


@pytest.mark.parametrize("version", releases("ray"))
def test_serve_has_a_schema_for_each_release_of_ray(version: str) -> None:
    schema = serve_schema(version)
    assert f"ray {version} from PyPI" in schema["$comment"]
    assert "applications" in schema["properties"]
    assert "min_replicas" in schema["definitions"]["AutoscalingConfig"]["properties"]


def test_bounds_and_spellings_are_those_of_the_packages() -> None:
    vllm = releases("vllm")
    assert {flags["gpu-memory-utilization"].most for flags in vllm.values()} == {1}
    assert vllm["0.21.0"]["gpu-memory-utilization"].above == 0
    assert vllm["0.21.0"]["tensor-parallel-size"].aliases == ("-tp",)
    assert vllm["0.21.0"]["max-model-len"].words == ("auto",)
    assert "task" in vllm["0.10.1.1"]
    assert "task" not in vllm["0.21.0"]
    assert set(releases("ray")["2.52.0"]["log-style"].choices) == {"auto", "pretty", "record"}


def test_time_zones_are_those_of_the_database() -> None:
    assert {"UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires", "Etc/GMT+1"} <= time_zones()
    assert "Europe/Munich" not in time_zones()
