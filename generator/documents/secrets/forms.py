"""What credentials look like, by who gives them out; the one list that `documents/secrets/search.py` goes through.

Forms are those that their makers document so that scanners find them. Each pattern begins where a word begins
and never looks twice at a long text, so that a hostile file costs no more than another.
"""

from __future__ import annotations

import re
from typing import NamedTuple


class Form(NamedTuple):
    """A kind of credential: its name, texts without one of which there is none, and its pattern."""

    name: str
    signs: tuple[str, ...]
    pattern: re.Pattern[str]


def _form(name: str, signs: str, pattern: str) -> Form:
    return Form(name, tuple(signs.split()), re.compile(rf"(?<![A-Za-z0-9_-])(?:{pattern})"))


FORMS = (
    _form("an AWS access key id", "AKIA ASIA", r"(?:AKIA|ASIA)[A-Z0-9]{16}(?![A-Za-z0-9])"),
    Form("a private key", ("PRIVATE KEY",), re.compile(r"-----BEGIN (?:[A-Z0-9]{1,16} ){0,3}PRIVATE KEY")),
    _form("a private key", "LS0tLS1CRUdJTi", r"LS0tLS1CRUdJTiB(?!DRVJU|QVUJM)[A-Za-z0-9+/]{16,}={0,2}"),
    _form("an age key", "AGE-SECRET-KEY-1", r"AGE-SECRET-KEY-1[A-Z0-9]{40,}"),
    _form("a GitHub token", "ghp_ gho_ ghu_ ghs_ ghr_", r"gh[pousr]_[A-Za-z0-9]{30,}"),
    _form("a GitHub token", "github_pat_", r"github_pat_[A-Za-z0-9_]{22,}"),
    _form(
        "a GitLab token",
        "glpat- gldt- glrt- glcbt- glptt- glft- glagent- gloas-",
        r"gl[a-z]{2,5}-[A-Za-z0-9_.=-]{20,}",
    ),
    _form("a Hugging Face token", "hf_ api_org_", r"(?:hf|api_org)_[A-Za-z0-9]{30,}"),
    _form("a Slack token", "xox xapp-", r"(?:xox[a-z]|xapp)-[A-Za-z0-9-]{10,}"),
    _form(
        "a Slack webhook", "hooks.slack.com", r"hooks\.slack\.com/(?:services|workflows)/[A-Za-z0-9/]{20,}"
    ),
    _form("a Google key", "AIza GOCSPX-", r"(?:AIza[A-Za-z0-9_-]{35}|GOCSPX-[A-Za-z0-9_-]{20,})"),
    _form("an API key", "sk-", r"sk-(?:[a-z0-9]{2,8}-){0,2}(?=[A-Za-z_-]*[0-9])[A-Za-z0-9_-]{20,}"),
    _form("an NVIDIA key", "nvapi-", r"nvapi-[A-Za-z0-9_-]{20,}"),
    _form("an npm token", "npm_", r"npm_[A-Za-z0-9]{30,}"),
    _form("a PyPI token", "pypi-", r"pypi-[A-Za-z0-9_-]{40,}"),
    _form("a Docker token", "dckr_", r"dckr_[a-z]{3}_[A-Za-z0-9_-]{20,}"),
    _form("a Vault token", "hvs. hvb. hvr.", r"hv[sbr]\.[A-Za-z0-9_-]{20,}"),
    _form("an OpenShift token", "sha256~", r"sha256~[A-Za-z0-9_-]{40,}"),
    _form("a JSON Web Token", "eyJ", r"eyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}(?:\.[A-Za-z0-9_-]*)?"),
    _form("a Stripe key", "_live_ _test_", r"[sr]k_(?:live|test)_[A-Za-z0-9]{16,}"),
    _form("a SendGrid key", "SG.", r"SG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}"),
    _form("a DigitalOcean token", "_v1_", r"do[opr]_v1_[0-9a-f]{40,}"),
    _form("a Grafana token", "glsa_ glc_", r"(?:glsa|glc)_[A-Za-z0-9+/=_]{30,}"),
    _form("a Databricks token", "dapi", r"dapi[0-9a-f]{32}"),
    _form(
        "an Azure key",
        "AccountKey= SharedAccessKey=",
        r"(?:AccountKey|SharedAccessKey)=[A-Za-z0-9+/]{30,}={0,2}",
    ),
    _form("an Azure signature", "sig=", r"sig=[A-Za-z0-9%+/]{40,}"),
    _form(
        "a registry's credential",
        "auth",
        r"""auth["']?\s{0,4}:\s{0,4}["']?(?=[a-z]{0,32}[A-Z0-9+=])[A-Za-z0-9+/]{12,}={0,2}""",
    ),
    _form(
        "a credential of HTTP",
        "asic earer",
        r"(?i:basic|bearer) +(?=[A-Za-z]{0,64}[0-9])[A-Za-z0-9._~+/-]{16,}={0,2}",
    ),
)

SIGNS = tuple((sign, form) for form in FORMS for sign in form.signs)
"""Every sign with its form: most files hold none, and are done with that."""

USER_INFO = re.compile(
    r"(?:(?<=https)|(?<=http)|(?<=[a-z])(?=://[^\s/@:\"'<>]{0,128}:))://"
    r"(?P<info>[^\s/@:\"'<>$]{0,128}(?::(?!\$)[^\s/@\"'<>]{1,256})?)@"
)
"""http and https: any user; every other scheme: only with a password, ssh://git@ is how Git is reached."""
