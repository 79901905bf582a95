"""What must hold of `check`: a question that can be asked, of a server that can be reached."""

from __future__ import annotations

from collections.abc import Iterator

from ....findings.finding import Path, Severity
from ....findings.rule import Problem, rule
from ...kit.component import Cluster
from ...kit.runtime import seconds
from ..check import checked, judged
from ..spec import is_llm
from ..synthetic import cron_job_name, is_guarded

LONGEST_LLM = 63 - len("-kserve-self-signed-certs")
"""Characters of the name of an LLMInferenceService that KServe leaves as they are (knative.dev/pkg kmeta ChildName)."""
LONGEST = 52
"""Characters of a CronJob's name: its Jobs get 11 more (kubernetes v1.33 pkg/apis/batch/validation ValidateCronJobCreate)."""


@rule("CHECK001", source="templates/check_model.py: each request has an answer to compare with")
def there_is_a_question_and_an_answer(cluster: Cluster) -> Iterator[Problem]:
    """A check has both request and response, or a configMap that has them.

    Without an answer to compare with, a server that answers nonsense would pass.
    """
    for i, item, check, _ in checked(cluster):
        path: Path = ("serving", i, "check")
        inline = [check.request is not None, check.response is not None]
        if check.configMap is not None and any(inline):
            said = f"the check of {item.name} has both a configMap and a request or response"
            yield Problem(path, said, "one of the two")
        elif check.configMap is None and not all(inline):
            missing = "request" if not inline[0] else "response"
            hint = "request and response, or configMap; a file of the Model's build is not on the cluster"
            yield Problem(path, f"the check of {item.name} has no {missing}", hint)
        for field in ("data", "expected"):
            if check.configMap is None and getattr(check, field) is not None:
                said = f"{field} is a key of a ConfigMap, and the check of {item.name} has none"
                yield Problem((*path, field), said, "configMap: its name, or drop it")
        for field in ("data", "expected"):
            if "/" in (getattr(check, field) or ""):
                yield Problem((*path, field), f"{field} is a path, and a ConfigMap has keys", "without /")


@rule("CHECK002", source="kserve v0.20.0 pkg/controller/v1alpha2/llmisvc; components/runtimes")
def the_server_can_be_asked(cluster: Cluster) -> Iterator[Problem]:
    """The server speaks HTTP with JSON, at a path that is known.

    A runtime of yours and Caikit have several; gRPC is no JSON.
    """
    for i, item, check, model in checked(cluster):
        path: Path = ("serving", i, "check")
        if item.grpc:
            yield Problem(path, f"{item.name} answers gRPC, and a check asks by JSON", "drop grpc or check")
        elif judged(item, check, model).path is None:
            said = f"nobody says where {item.name} ({item.runtime}) takes the request"
            yield Problem(path, said, "path: /v2/models/NAME/infer")


@rule("CHECK003", source="kserve auth proxy: a token that may get the InferenceService")
def a_guarded_server_gets_a_token(cluster: Cluster) -> Iterator[Problem]:
    """The check of a server with auth has an authorization.

    Its proxy answers 401 to everybody else, and the alert would fire for ever.
    """
    for i, item, check, _ in checked(cluster):
        if is_guarded(item, cluster.profile) and check.authorization is None:
            said = f"{item.name} has auth, and its check has no token"
            yield Problem(("serving", i, "check"), said, "authorization: {secret: NAME, key: token}")


@rule("CHECK004", source="kubernetes v1.33 pkg/apis/batch/validation/validation.go ValidateCronJobCreate")
def the_name_of_a_check_fits(cluster: Cluster) -> Iterator[Problem]:
    """The name of a server that is asked has at most 46 characters, that of an LLMInferenceService 38.

    Its CronJob is called <name>-check, and the API server takes 52 there. The Secret with the certificate of an
    LLMInferenceService is called <name>-kserve-self-signed-certs, and by a hash where that is longer than 63.
    """
    for i, item, _, _ in checked(cluster):
        over = len(cron_job_name(item)) - LONGEST
        if over > 0:
            said = f"CronJob {cron_job_name(item)} has {LONGEST + over} characters"
            yield Problem(("serving", i, "name"), said, f"a name with at most {len(item.name) - over}")
        elif is_llm(item) and len(item.name) > LONGEST_LLM:
            said = f"the certificate of {item.name} lies in a Secret whose name KServe makes by a hash"
            yield Problem(("serving", i, "name"), said, f"a name with at most {LONGEST_LLM}")


@rule("CHECK005", Severity.WARNING, source="kube-state-metrics job-metrics.md; PrometheusRule")
def a_failed_check_is_heard_of(cluster: Cluster) -> Iterator[Problem]:
    """Where models are asked, somebody alerts: the fleet's observability, or monitoring.alerts.

    Otherwise a check fails, and only its pods know.
    """
    seen = cluster.fleet.observability
    if cluster.spec.monitoring.alerts or (seen is not None and seen.alerts):
        return
    for i, item, _, _ in checked(cluster):
        said = f"nobody hears of it when the check of {item.name} fails"
        yield Problem(
            ("serving", i, "check"), said, "monitoring: {alerts: true}, or observability of the fleet"
        )


@rule("CHECK006", source="CronJob concurrencyPolicy Forbid")
def a_check_ends(cluster: Cluster) -> Iterator[Problem]:
    """The deadline of a check is at least as long as one answer may take, and not 0.

    Its Job would be ended before the server had its time.
    """
    for i, item, check, model in checked(cluster):
        longest = judged(item, check, model).latency
        if seconds(check.deadline) < max(1, seconds(longest) if longest else 0):
            said = f"the check of {item.name} is ended after {check.deadline}"
            hint = f"an answer may take {longest}" if longest else "such as 5m"
            yield Problem(("serving", i, "check", "deadline"), said, hint)
