"""Labels and annotations of workloads: which are free, and who writes the others."""

from __future__ import annotations

import pytest

from generator.components.kit.metadata import ANNOTATIONS_LIMIT, owned, owner_of


@pytest.mark.parametrize(
    ("key", "owner"),
    [
        ("app", "KServe, which finds its pods by it"),
        ("serving.kserve.io/stop", "KServe"),
        ("kueue.x-k8s.io/queue-name", "Kueue"),
        ("odh.ray.io/secure-trusted-network", "KubeRay"),
        ("security.opendatahub.io/enable-auth", "Open Data Hub"),
        ("argocd.argoproj.io/sync-wave", "Argo CD"),
        ("app.kubernetes.io/managed-by", "nearedge"),
        ("workload.codeflare.dev/appwrapper", "the controller of AppWrappers"),
    ],
)
def test_keys_of_others_name_their_owner(key: str, owner: str) -> None:
    found = owner_of(key)
    assert found is not None
    assert found.name == owner


@pytest.mark.parametrize(
    "key",
    [
        *("team", "acme.com/app", "ray.iota.dev/x", "notkserve.io/x", "app.kubernetes.io/version"),
        *("cluster-autoscaler.kubernetes.io/safe-to-evict", "k8s.v1.cni.cncf.io/networks"),
    ],
)
def test_other_keys_are_free(key: str) -> None:
    assert owner_of(key) is None


def test_owned_keys_are_problems_at_their_place() -> None:
    found = list(owned(("serving", 0), {"team": "a", "app": "b"}, {"ray.io/x": "1"}))
    assert [problem.path for problem in found] == [
        ("serving", 0, "labels", "app"),
        ("serving", 0, "annotations", "ray.io/x"),
    ]


def test_annotations_have_one_size_together() -> None:
    each = {f"acme.com/{i}": "x" * 32_000 for i in range(9)}
    (problem,) = owned((), {}, each)
    assert str(ANNOTATIONS_LIMIT) in problem.message
    assert not list(owned((), {}, dict(list(each.items())[:8])))
