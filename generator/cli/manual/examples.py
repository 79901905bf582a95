"""Examples of every command, for --help and the manual pages: a line, and what it does."""

from __future__ import annotations

from collections.abc import Iterator

EXAMPLES = (
    ("check", "all that is wrong"),
    ("check clusters/near-edge/store-001.yaml --watch", "one cluster, again whenever something is saved"),
    ("check --fix --dry-run", "what would be mended of itself"),
    ("check --format sarif", "for code scanning"),
    ("render", "write base/, overlays/ and acm/, and prove them"),
    ("render --check", "what is not up to date"),
    ("plan", "what changes, against the remote's default branch"),
    ("plan --base v1.4 --cluster store-001", "one cluster, since a tag"),
    (
        "publish --branch detector --title 'More memory for the detector'",
        "commit, push, and open or update a pull request",
    ),
    (
        "comment plan.md --pull-request 17 --repository https://git.example.com/acme/fleet --forge gitea --class caution",
        "what another job of CI wrote, as the comment of a pull request",
    ),
    ("rollout status", "where each ring is"),
    ("rollout advance pilot", "bring what canary runs to pilot"),
    ("rollout advance pilot --soak 24h", "once canary has had it for a day"),
    ("list clusters -l region=emea --ring canary", "the clusters of a region in a ring"),
    ("list services -o wide", "which model runs where"),
    ("list builds", "which models become images, and when"),
    ("show store-001", "the spec as it counts, with who says each value"),
    ("show model/shelf-detector -o json", "a model, for a script"),
    ("report", "the fleet as one HTML page, report.html"),
    ("report --plan --base origin/main --output plan.html", "with what a change does, for a pull request"),
    ("explain store-001 connectivity.bandwidth", "where a value comes from and ends up"),
    ("explain fleet delivery.pollInterval", "the same of a field of the fleet"),
    ("lsp", "findings, completion and renames in an editor, which starts it"),
    ("mcp", "list, show, explain, check and plan for an assistant, read only"),
    ("set store-001 'serving[assistant].resources.memory' 17Gi", "one value of one cluster"),
    ("set -l region=emea 'serving[shelf-detector].replicas.max' 2 --dry-run", "of many, as a diff"),
    ("set --group retail-gpu connectivity.bandwidth 100Mbit", "of a group's file, for all that use it"),
    ("set --unset store-001 'serving[assistant].auth'", "no longer say it"),
    ("upgrade odh-3.5 --ring canary", "one ring to the next platform"),
    ("migrate --from 0.2.0 --dry-run", "what a newer nearedge asks of this repository"),
    ("migrate caikit-to-vllm flan-t5-small --dry-run", "what the move would change"),
    ("promote weld-inspector --tag v13 --version 13 --resolve", "the digest of a tag, for all"),
    ("promote shelf-detector --version 8 --ring canary", "a version for one ring"),
    ("promote shelf-detector --version 8 -l region=emea", "for the clusters of a region that run it"),
    ("promote shelf-detector --from canary", "what canary runs, for all"),
    (
        "deploy shelf-detector --to -l region=emea --queue inference --cpu 2 --memory 4Gi",
        "serve it in a region",
    ),
    (
        "deploy granite-2b-instruct --to store-005 store-006 --gpu 1 --as-group language",
        "by a group of its own",
    ),
    ("undeploy shelf-detector --from store-005", "serve it there no longer"),
    ("init ../fleet", "a new fleet: it asks what to begin with"),
    ("init ../fleet --example factory --name acme --ci github --yes", "without a question, with CI"),
    ("import ./manifests", "what the manifests you have would be as specs"),
    ("add cluster store-011 store-012 --like store-006", "two clusters like another one"),
    (
        "add model till --format onnx --version 1 --from s3://acme-models/till/1",
        "size and checksums from the store",
    ),
    ("add service chat --model granite-2b-instruct --to store-001 --gpu 1", "one more server"),
    (
        "add queue batch --namespace ai-serving --quota cpu:cpu=4,memory=16Gi --group factory",
        "a queue for a group",
    ),
    ("add credential models-s3 --type s3 --endpoint https://s3.acme.internal --all", "a Secret that all get"),
    ("add ray tune --namespace ai-training --head cpu=2,memory=8Gi --to plant-102", "a RayCluster"),
    ("add group kiosk --like retail-small", "a group like another one"),
    ("retire store-005 store-006", "what runs there goes, what it holds stays"),
    ("retire store-005 --remove --reason 'Shop closed'", "the cluster leaves the fleet"),
    ("teams", "who may say what, in which files"),
    ("teams --write", "the lines of the teams in CODEOWNERS"),
    ("verify", "prove what is on disk again"),
    ("models checksum ./model", "the checksums of a model's files"),
    ("mirror", "what an air-gapped site has to have"),
    ("rules SERVE0", "the rules whose codes begin so"),
    ("rules ADMIT011", "one rule, with an example"),
    ("profiles odh-3.4", "all that is known of a platform"),
    ("schema", "write the schemas for editors"),
    ("schema --fleet", "with the names of this fleet, for editors that know schemas alone"),
    ("doctor", "what this machine lacks to render and prove, and what to do"),
    ("help deploy", "the help of a command"),
    ("help ClusterQueue", "what a word means"),
    ("help --man ~/.local/share/man/man1", "write the manual pages: man nearedge-set"),
    ("completion bash > ~/.local/share/bash-completion/completions/nearedge", "for bash"),
    ("completion fish > ~/.config/fish/completions/nearedge.fish", "for fish"),
)
"""Words behind `nearedge`, and what they are for."""


def examples_of(prog: str) -> Iterator[tuple[str, str]]:
    """Those of a command, `nearedge add queue` say, or of what lies below it."""
    for words, text in EXAMPLES:
        line = f"nearedge {words}"
        if line == prog or line.startswith(f"{prog} "):
            yield line, text


def examples_text(prog: str) -> str:
    """Examples for the end of --help; none for the program as a whole, whose list would be long."""
    found = list(examples_of(prog)) if " " in prog else []
    rows = "".join(f"  {line}\n      {text}\n" for line, text in found)
    return f"\nexamples:\n{rows}" if rows else ""
