"""`make facts`: upstream's files are read rightly, every platform has a recorded source, and what differs is told."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from generator.facts.operators import operators
from generator.facts.profiles import profiles
from scripts import derived, fact_requests, facts

CATALOG = yaml.safe_dump_all(
    [
        {"schema": "olm.package", "name": "rhods-operator"},
        {
            "schema": "olm.channel",
            "name": "stable-3.4",
            "entries": [{"name": f"rhods-operator.{v}"} for v in ("3.4.10", "3.4.9", "3.4.10-ea.1")],
        },
        {"schema": "olm.channel", "name": "stable-3.7", "entries": []},
        {"schema": "olm.channel", "name": "stable-2.8", "entries": []},
        {"schema": "olm.channel", "name": "fast-3.x", "entries": []},
        {
            "schema": "olm.bundle",
            "name": "rhods-operator.3.4.10",
            "relatedImages": [
                {"name": "rhaiis_vllm_cuda_image", "image": "r/old"},
                {"name": "rhaii_vllm_cuda_image", "image": "r/new"},
                {"name": "odh_openvino_model_server_image", "image": "r/ovms"},
            ],
        },
    ]
)
CRD = """
spec:
  group: datasciencecluster.opendatahub.io
  names: {kind: DataScienceCluster}
  versions:
  - {name: v1, storage: false, schema: {}}
  - name: v2
    storage: true
    schema: {openAPIV3Schema: {properties: {spec: {properties: {components: {properties: {ray: {}, kserve: {}}}}}}}}
"""
CONSTANTS = """
\tKUBERAY_VERSION = "v1.6.2"
\tMaxRayClusterNameLength = 53
\tMaxRayServiceNameLength = MaxRayClusterNameLength - 6
\tMaxRayJobNameLength = MaxRayClusterNameLength - 5
"""


def test_a_channel_s_newest_bundle_says_its_images() -> None:
    assert derived.of_catalog(CATALOG, "stable-3.4") == {
        "channel": "stable-3.4",
        "newest": "rhods-operator.3.4.10",
        "images.vllm": "r/new",
        "images.ovms": "r/ovms",
    }
    # The blocker of a profile that named a channel without its release.
    assert derived.of_catalog(CATALOG, "stable-3.5") == {}


def test_only_newer_minor_releases_are_news() -> None:
    found = derived.unknown_channels(derived.channels_of(CATALOG), ["stable-3.4", "fast-3", "None"])
    assert found == ["stable-3.7"]


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (
            derived.of_crd("datasciencecluster.opendatahub.io_datascienceclusters.yaml", CRD),
            {
                "platform.dataScienceCluster": "datasciencecluster.opendatahub.io/v2",
                "platform.components": ("kserve", "ray"),
            },
        ),
        (
            derived.of_types('type Components struct {\n\tRay R `json:"ray,omitempty"`\n\tA A `json:"aigateway"`\n}\n'),
            {"platform.components": ("aigateway", "ray")},
        ),
        (derived.of_kserve("0.20.0rc0\n"), {"kserve.version": "0.20.0-rc0"}),
        (
            derived.of_kuberay(CONSTANTS),
            {
                "kuberay.version": "1.6.2",
                "kuberay.clusterNameLimit": 53,
                "kuberay.serviceNameLimit": 47,
                "kuberay.jobNameLimit": 48,
            },
        ),
        (derived.of_kueue("\tbranch = release-0.18\n"), {"kueue.version": "0.18.*"}),
    ],
)  # fmt: skip
def test_what_a_file_says(found: derived.Facts, expected: derived.Facts) -> None:
    assert found == expected


def test_a_patch_release_of_kueue_is_that_of_its_branch() -> None:
    assert derived.agrees("0.18.5", "0.18.*")
    assert not derived.agrees("0.8.5", "0.18.*")
    assert not derived.agrees("0.180.1", "0.18.*")


def test_every_platform_that_is_installed_has_recorded_sources() -> None:
    recorded = facts.sources()
    assert set(recorded) == {item.known_as for item in profiles().values() if item.platform} | {"upstream"}
    for name, kinds in recorded.items():
        assert all(re.fullmatch("[0-9a-f]{40}", source.commit) for source in kinds.values()), name
        if name.startswith("rhoai"):
            assert set(kinds) == {"catalog", "crds", "kserve", "kuberay", "kueue"}
            # One channel for one minor release, so that patch releases come and the next minor does not.
            release = operators()["opendatahub"].releases[name]
            assert (release.channel, release.csv) == (f"stable-{name.removeprefix('rhoai-')}", None)


def test_a_difference_and_a_newer_commit_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    answers: dict[str, Any] = {"rev-parse": "b" * 40, "a" * 40: "0.16.0", "b" * 40: "0.18.0"}
    monkeypatch.setattr(facts, "clone", lambda _repos, repository: Path(repository))
    monkeypatch.setattr(
        facts, "git", lambda _folder, verb, what: answers["rev-parse" if verb == "rev-parse" else what[:40]]
    )
    source = facts.Source("acme/kserve", "main", "a" * 40, "python/VERSION")
    told = list(facts.report("rhoai-3.4", {"kserve": source}, Path()))
    assert told == [
        ("rhoai-3.4  kserve.version  ours 0.17.0, theirs 0.16.0: acme/kserve python/VERSION at aaaaaaaa", True),
        ("rhoai-3.4  kserve  main is at bbbbbbbb since", False),
        ("rhoai-3.4  kserve.version  new upstream: 0.16.0 -> 0.18.0", False),
    ]  # fmt: skip


def test_what_no_file_says_is_listed_with_its_source() -> None:
    lines = list(facts.by_hand(facts.sources()))
    assert any(line.startswith("by hand  kserve.proxyAlways  ") for line in lines)
    assert not any("kuberay.version" in line for line in lines)
    assert all(line.count("  ") >= 2 for line in lines)


def test_a_missing_clone_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert facts.main([str(tmp_path), "odh-3.5"]) == 3
    assert "has no clone of opendatahub-io/opendatahub-operator" in capsys.readouterr().err


DEPLOYMENT = """
kind: Deployment
metadata: {name: one}
spec:
  template:
    spec:
      containers:
      - {name: manager, resources: {requests: {cpu: 1, memory: 64Mi}}}
      - {name: proxy, resources: {limits: {cpu: "2"}, requests: {cpu: 100m}}}
"""


def test_requests_of_a_manifest_are_those_of_all_containers_and_a_csv_has_several() -> None:
    assert fact_requests.asked_in(DEPLOYMENT) == {"one": {"cpu": 1100, "memory": 64 * 2**20}}
    spec = yaml.safe_load(DEPLOYMENT)["spec"]
    deployments = [{"name": name, "spec": spec} for name in ("two", "three")]
    csv = {"kind": "ClusterServiceVersion", "spec": {"install": {"spec": {"deployments": deployments}}}}
    assert list(fact_requests.asked_in(yaml.safe_dump(csv))) == ["two", "three"]


def test_a_figure_that_upstream_has_otherwise_or_not_at_all_is_told() -> None:
    made, by_hand = fact_requests.known()
    told = list(fact_requests.report(lambda *_: DEPLOYMENT.replace("name: one", "name: lvms-operator")))
    wrong = [line for line, bad in told if bad]
    # Only one of the names is in that text, and its numbers are others.
    assert len(wrong) == len(made)
    assert [line for line in wrong if "lvms-operator  ours {'cpu': 5" in line] != []
    assert [line for line, bad in told if not bad] == [line for line, _ in told if line.startswith("by hand")]
    assert len(told) == len(made) + len(by_hand)
