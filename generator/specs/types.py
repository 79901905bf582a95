"""The words of a spec: types that all kinds and sections share.

What a type accepts is said by pattern and bounds alone, so that the exported JSON Schema accepts and refuses exactly
what these models do; whatever needs two fields to judge is a rule.
"""

import re
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    Strict,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from ..yaml.hidden import INVISIBLE
from . import quantity

API_VERSION = "nearedge/v1alpha1"

REFUSED = rf"[\x00-\x1f\x7f-\x9f{INVISIBLE}]|\{{\{{|\}}\}}|\{{%|\$\(|\$ocm_encrypted"
"""In no string of a spec: three template languages read our output, and hub templates read Secrets."""

_REFUSED = re.compile(REFUSED)

FORM = "patternErrorMessage"
"""Key of a JSON Schema that says a pattern in words; yaml-language-server and VS Code show it."""


def _clean(text: str) -> str:
    found = _REFUSED.search(text)
    if found:
        said = f"U+{ord(found[0]):04X}" if len(found[0]) == 1 else found[0]
        raise PydanticCustomError(
            "refused_text", "{said} is refused in every string of a spec", {"said": said}
        )
    return text


class Never(NamedTuple):
    """A pattern that a word must not match anywhere, and why: "it ..."."""

    pattern: str
    why: str


@dataclass(frozen=True)
class Line:
    """One line of text: a strict string of bounded length, matching all of `pattern` where there is one.

    A pattern must not let through what REFUSED forbids; without a pattern REFUSED itself is applied. `never`
    says what is refused although `pattern` takes it, `form` in words what the pattern takes.
    """

    pattern: str | None = None
    longest: int = 1024
    never: Never | None = None
    shortest: int = 1
    form: str = ""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        line = core_schema.str_schema(
            strict=True, min_length=self.shortest, max_length=self.longest, pattern=self.pattern
        )
        if self.never:
            return core_schema.no_info_after_validator_function(partial(_allowed, self.never), line)
        return line if self.pattern else core_schema.no_info_after_validator_function(_clean, line)

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        # Some regex engines let `$` match before a trailing newline; `not` says what is meant.
        refused = (rf"\n|{self.never.pattern}" if self.never else r"\n") if self.pattern else REFUSED
        said = {FORM: self.form} if self.form else {}
        return {**handler(schema), "not": {"pattern": refused}, **said}


def _allowed(never: Never, word: str) -> str:
    if re.search(never.pattern, word):
        raise PydanticCustomError("never", "{word} {why}", {"word": word, "why": never.why})
    return word


def whole(value: Any) -> Any:
    """A number as an integer where it is one: JSON Schema calls 2.0 so, and the models do as well."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


@dataclass(frozen=True)
class Amount:
    """A quantity: a string such as "500m" or 16Gi, or a whole number; kept in canonical form."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        text = core_schema.str_schema(strict=True, pattern=quantity.PATTERN, max_length=24)
        number = core_schema.int_schema(strict=True, ge=0, le=2**63 - 1)
        integer = core_schema.no_info_before_validator_function(whole, number)
        either = core_schema.union_schema(
            [text, integer],
            custom_error_type="quantity",
            custom_error_message='is no quantity: write "2", 500m or 16Gi (a number with a point needs quotes)',
        )
        return core_schema.no_info_after_validator_function(
            lambda value: quantity.canonical(str(value)), either
        )

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        text = {
            "type": "string",
            "pattern": quantity.PATTERN,
            "maxLength": 24,
            "not": {"pattern": r"\n"},
            FORM: "a quantity: 2, 500m or 16Gi",
        }
        return {"anyOf": [text, {"type": "integer", "minimum": 0, "maximum": 2**63 - 1}]}


LABEL = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_REPOSITORY = r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[0-9]+)?(/[a-z0-9]+((\.|__?|-+)[a-z0-9]+)*)+"
_DIGEST = r"@sha256:[0-9a-f]{64}"
IMAGE = _REPOSITORY + _DIGEST
"""An image as it is emitted: its repository and its digest."""
TAGGED = rf"{_REPOSITORY}(:[A-Za-z0-9_][A-Za-z0-9._-]{{0,127}})?{_DIGEST}"
"""An image as people may write it: a tag before the digest is for them (distribution/reference reference.go)."""
REGISTRY = r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[0-9]+)?(/[a-z0-9]+((\.|__?|-+)[a-z0-9]+)*)*"
"""As sources and mirrors of an ImageDigestMirrorSet: openshift/api CRD imagedigestmirrorsets."""
NAME_FORM = "small letters, digits and -, with a letter or digit at both ends"
SUBDOMAIN_FORM = "small letters, digits, - and ., with a letter or digit at both ends"
_QUALIFIED = r"([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)"

Text = Annotated[str, Line()]
Value = Annotated[str, Line(longest=32768, shortest=0)]
"""What an environment variable holds: it may be empty, and long."""
Argument = Annotated[str, Line(longest=32768)]
"""A word of a command line."""
Name = Annotated[str, Line(rf"^{LABEL}$", 63, form=NAME_FORM)]
"""A DNS-1123 label."""
ServiceName = Annotated[
    str,
    Line(
        r"^[a-z]([-a-z0-9]*[a-z0-9])?$",
        63,
        form="small letters, digits and -, a letter first and no - at the end",
    ),
]
"""A DNS-1035 label: the name of a Service, and so of what controllers make Services of."""
DEVICES = Never(r"^(con|prn|aux|nul|com[0-9]|lpt[0-9])$", "on Windows it is the name of a device")
"""Windows opens a device where a file or folder has one of these names, whatever its suffix:
https://learn.microsoft.com/windows/win32/fileio/naming-a-file"""
STEPS = Never(r"(^|/)(\.|%2[eE]){1,2}(/|$)", "it leads out of its place: no step may be . or ..")
_GIT = Never(r"\.\.|//|(^|/)\.|\.lock(/|$)|[./]$", "it is no name that Git allows: see git check-ref-format")
FileName = Annotated[str, Line(rf"^{LABEL}$", 63, DEVICES, form=NAME_FORM)]
"""A DNS-1123 label that can be the name of a file and of a folder wherever the repository is checked out."""
PATH_BELOW = r"^[A-Za-z0-9][A-Za-z0-9._/-]*$"
PATH_BELOW_FORM = "a path without / at its beginning, of letters, digits, ., _ and -"
PathBelow = Annotated[str, Line(PATH_BELOW, 256, form=PATH_BELOW_FORM)]
"""A path below something that is named beside it: a bucket, a repository."""
Subdomain = Annotated[str, Line(rf"^{LABEL}(\.{LABEL})*$", 253, form=SUBDOMAIN_FORM)]
"""A DNS-1123 subdomain: names of most objects."""
LabelKey = Annotated[
    str,
    Line(
        rf"^({LABEL}(\.{LABEL})*/)?{_QUALIFIED}$",
        253,
        form="letters, digits, -, _ and ., with a domain and one / before them if need be: example.com/site",
    ),
]
LabelValue = Annotated[
    str,
    Line(
        rf"^{_QUALIFIED}?$",
        63,
        shortest=0,
        form="letters, digits, -, _ and ., with a letter or digit at both ends",
    ),
]
ResourceName = Annotated[
    str,
    Line(
        rf"^(cpu|memory|ephemeral-storage|storage|pods|hugepages-[0-9]+[KMG]i|{LABEL}(\.{LABEL})*/{_QUALIFIED})$",
        253,
        form="cpu, memory, ephemeral-storage, or a device with its domain: nvidia.com/gpu",
    ),
]
"""What a container can ask for, and a node have: kubernetes pkg/apis/core/validation/validation.go
validateContainerResourceName refuses every other name without a domain."""
Quantity = Annotated[str, Amount()]


def untagged(image: str) -> str:
    """An image, or a source that names one, without the tag before its digest.

    The digest decides what is pulled. Were the tag kept, two spellings of one image would be two to kustomize, to
    mirrors and to whoever compares.

    >>> untagged("oci://quay.io:5000/acme/app:v1@sha256:0a"), untagged("s3://acme/app")
    ('oci://quay.io:5000/acme/app@sha256:0a', 's3://acme/app')
    """
    name, sign, digest = image.partition("@sha256:")
    head, slash, last = name.rpartition("/")
    return f"{head}{slash}{last.partition(':')[0]}{sign}{digest}" if sign else image


Image = Annotated[
    str, Line(rf"^{TAGGED}$", 512, form="registry/name@sha256: and 64 hex digits"), AfterValidator(untagged)
]
"""An image by digest: a tag can change under a running fleet, and mirrors serve digests only."""
RemoteKey = Annotated[
    str,
    Line(
        r"^[A-Za-z0-9/][A-Za-z0-9._/:@-]*$",
        512,
        form="letters, digits and . _ / : @ -, a letter, digit or / first",
    ),
]
"""What a credential is called in a store."""
Duration = Annotated[
    str, Line(r"^([0-9]+(h|m|s))+$", 16, form="whole hours, minutes or seconds: 1h30m, 15m, 90s")
]
GitRef = Annotated[
    str,
    Line(
        r"^(refs/(heads|tags)/[A-Za-z0-9._/-]+|[0-9a-f]{40})$",
        200,
        _GIT,
        form="refs/heads/BRANCH, refs/tags/TAG, or a commit of 40 hex digits",
    ),
]
EnvName = Annotated[str, Line(r"^[A-Za-z_][A-Za-z0-9_]*$", 128, form="letters, digits and _, no digit first")]
Path = Annotated[
    str,
    Line(
        r"^/[A-Za-z0-9._/-]*$", 512, STEPS, form="a path that begins with /, of letters, digits, ., _ and -"
    ),
]
Count = Annotated[int, Strict(), Field(ge=0, le=100_000), BeforeValidator(whole)]
Positive = Annotated[int, Strict(), Field(ge=1, le=1_000_000), BeforeValidator(whole)]
INT32 = 2**31 - 1
"""Most of a field that Kubernetes' APIs have as int32."""
Int32 = Annotated[int, Strict(), Field(ge=0, le=INT32), BeforeValidator(whole)]
"""A number or a time in seconds that the API of the object has as int32; Count is for what there is one by one."""
PositiveInt32 = Annotated[int, Strict(), Field(ge=1, le=INT32), BeforeValidator(whole)]
Port = Annotated[int, Strict(), Field(ge=1024, le=65535), BeforeValidator(whole)]
"""A port that a container without rights can listen on."""
AnyPort = Annotated[int, Strict(), Field(ge=1, le=65535), BeforeValidator(whole)]
Priority = Annotated[int, Strict(), Field(ge=-(2**31), le=10**9), BeforeValidator(whole)]
Flag = Annotated[bool, Strict()]
METRIC = Annotated[
    str, Line(r"^[a-zA-Z_:][a-zA-Z0-9_:]*$", 200, form="letters, digits, _ and :, no digit first")
]
"""Name of a metric, as Prometheus takes it."""

Resources = dict[ResourceName, Quantity]
Labels = dict[LabelKey, LabelValue]


class Strictly(BaseModel):
    """Base of every spec model: frozen, and an unknown key is an error.

    Modules of models have no `from __future__ import annotations`: pydantic would compile the text of each annotation in
    every process, which takes a third of the time that models take.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, defer_build=True)


class Metadata(Strictly):
    """Who a spec speaks of."""

    name: FileName = Field(description="Name of the thing; equal to the file's name without .yaml.")
    labels: Labels = Field({}, description="Labels; those of a Cluster go onto its ManagedCluster.")


class Taint(Strictly):
    """A node's taint, as in `kubectl taint`."""

    key: LabelKey = Field(description="Taint key, such as nvidia.com/gpu.")
    value: LabelValue = Field("", description="Taint value; empty when the taint has none.")
    effect: Literal["NoSchedule", "PreferNoSchedule", "NoExecute"] = Field(
        description="What it does to pods that do not tolerate it."
    )


class Toleration(Strictly):
    """A pod's toleration."""

    key: LabelKey | None = Field(None, description="Taint key; without it operator must be Exists.")
    operator: Literal["Equal", "Exists"] = Field("Equal", description="Exists tolerates every value.")
    value: LabelValue | None = Field(None, description="Taint value, with operator Equal.")
    effect: Literal["NoSchedule", "PreferNoSchedule", "NoExecute"] | None = Field(
        None, description="Taint effect; all when left out."
    )


class EnvVar(Strictly):
    """An environment variable: a plain value, or a key of a Secret or a ConfigMap."""

    name: EnvName = Field(description="Name of the variable.")
    value: Value | None = Field(None, description="Its value; never a secret.")
    secret: Subdomain | None = Field(None, description="Name of a Secret that holds the value instead.")
    configMap: Subdomain | None = Field(None, description="Name of a ConfigMap that holds the value instead.")
    key: LabelValue | None = Field(
        None, description="Key in that Secret or ConfigMap; the variable's name when left out."
    )
