"""Starts a build: makes the PipelineRun of RUN_FILE, and deletes all but the newest KEEP finished ones of its model.

With GIT_URL only when the revision there is another commit than any run that is kept was made for. Runs in a Job of a
CronJob, with a token that may make, list and delete PipelineRuns of its namespace and nothing else.
"""

from __future__ import annotations

import json
import os
import ssl
import subprocess
import sys
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

ACCOUNT = Path(os.environ.get("ACCOUNT", "/var/run/secrets/kubernetes.io/serviceaccount"))
MODEL, COMMIT = "nearedge.io/model", "nearedge.io/commit"
HELPER = '!f() { test "$1" = get && printf "username=x-access-token\\npassword=%s\\n" "$GIT_TOKEN"; }; f'


def main() -> int:
    """0 when a build was started, or there is nothing to build."""
    run = json.loads(Path(os.environ["RUN_FILE"]).read_text(encoding="utf-8"))
    labels = run["metadata"]["labels"]
    runs = [item for item in listed(labels[MODEL]) if item["metadata"]["labels"].get(MODEL) == labels[MODEL]]
    url = os.environ.get("GIT_URL", "")
    if url:
        commit = head(url, os.environ["GIT_REVISION"])
        if any(item["metadata"]["labels"].get(COMMIT) == commit for item in runs):
            print(f"{commit} was built already")
            return 0
        labels[COMMIT] = commit
        run["spec"]["params"] = [*run["spec"].get("params", ()), {"name": "revision", "value": commit}]
    made = ask("POST", "", run)
    print(f"started {made['metadata']['name']}", flush=True)
    finished = [item for item in runs if item.get("status", {}).get("completionTime")]
    finished.sort(key=lambda item: str(item["status"]["completionTime"]), reverse=True)
    for item in finished[int(os.environ.get("KEEP", "3")) :]:
        # Its volume goes with it.
        ask("DELETE", f"/{item['metadata']['name']}")
        print(f"deleted {item['metadata']['name']}", flush=True)
    return 0


def head(url: str, revision: str) -> str:
    """The commit that a revision is now."""
    helper = HELPER if os.environ.get("GIT_TOKEN") else ""
    command = ["git", "-c", "credential.helper=", "-c", f"credential.helper={helper}", "ls-remote"]
    environment = {**os.environ, "GIT_TERMINAL_PROMPT": "0"}
    done = subprocess.run(
        [*command, "--exit-code", "--end-of-options", url, revision, f"{revision}^{{}}"],
        env=environment,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    # Of a tag with a message the last line is the commit, the first the tag.
    return done.stdout.splitlines()[-1].split()[0]


def listed(model: str) -> list[dict[str, Any]]:
    """The runs of a model."""
    found = ask("GET", f"?{urllib.parse.urlencode({'labelSelector': f'{MODEL}={model}'})}")
    return list(found["items"])


def ask(method: str, path: str, body: Any = None) -> Any:
    """The API server's answer."""
    host = os.environ["KUBERNETES_SERVICE_HOST"]
    host = f"[{host}]" if ":" in host else host
    base = os.environ.get("API", f"https://{host}:{os.environ['KUBERNETES_SERVICE_PORT']}")
    url = f"{base}/apis/tekton.dev/v1/namespaces/{os.environ['NAMESPACE']}/pipelineruns{path}"
    token = (ACCOUNT / "token").read_text(encoding="utf-8").strip()
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, headers, method=method)
    trusted = ACCOUNT / "ca.crt"
    context = ssl.create_default_context(cafile=str(trusted)) if base.startswith("https:") else None
    with urllib.request.urlopen(request, timeout=60, context=context) as answer:
        return json.load(answer)


if __name__ == "__main__":
    sys.exit(main())
