"""clusters/rules/: the fleet's own rules, in CEL, over specs and over what is rendered of them.

What CEL is and what Kubernetes adds to it: https://kubernetes.io/docs/reference/using-api/cel/
"""

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, Strict

from .types import Line, Metadata, Strictly, Text

FOLDER = "clusters/rules"
OWN_CODE = r"[A-Z][A-Z0-9]{1,11}-[0-9]{1,4}"
"""Codes of own rules have a hyphen, and nearedge's never: no release of it can take one."""

Expression = Annotated[str, Strict(), Field(min_length=1, max_length=4096)]
"""CEL, over as many lines as it takes."""
_Steps = Line(
    r"^[A-Za-z][A-Za-z0-9]*(\.[A-Za-z][A-Za-z0-9]*)*$", 256, form="fields with points between: spec.serving"
)


class Example(Strictly):
    """Something that the rule is asked of by `nearedge rules test`."""

    # `self` is a word of Python's.
    model_config = ConfigDict(populate_by_name=False)

    self_: Any = Field(alias="self", description="What the rule has as self.")
    cluster: dict[str, Any] = Field({}, description="What it has as cluster: metadata and spec.")


class Examples(Strictly):
    """What a rule has to let through, and what it has to find."""

    # A field cannot be called as the statement is.
    pass_: Annotated[tuple[Example, ...], Field(min_length=1)] = Field(
        alias="pass", description="Examples that the rule lets through."
    )
    fail: Annotated[tuple[Example, ...], Field(min_length=1)] = Field(
        description="Examples that the rule finds."
    )


class OwnRule(Strictly):
    """A rule of the fleet's own."""

    code: Annotated[
        str, Line(rf"^{OWN_CODE}$", 17, form="letters of your own, a hyphen and a number: ACME-001")
    ] = Field(description="Code of the rule: ACME-001.")
    severity: Literal["error", "warning", "note"] = Field(
        "error", description="error refuses the render, warning does not, note only informs."
    )
    over: Literal["cluster", "group", "model", "object"] = Field(
        description="What self is: a cluster's merged spec, a group or a model as its file has it, or a rendered object."
    )
    kinds: tuple[
        Annotated[str, Line(r"^[A-Z][A-Za-z0-9]*$", 63, form="a kind of Kubernetes: InferenceService")], ...
    ] = Field((), description="Over objects: the kinds that are asked.")
    each: Annotated[str, _Steps] | None = Field(
        None, description="A list: self is each of its items, and a finding stands at the item. spec.serving"
    )
    at: Annotated[str, _Steps] | None = Field(
        None,
        description="The field at which a finding stands: below self, over objects below the item that makes the object.",
    )
    rule: Expression = Field(
        description="CEL that is true for what is right. self is what is asked, cluster its cluster."
    )
    message: Text = Field(description="What is wrong where it is false.")
    messageExpression: Expression | None = Field(
        None, description="CEL that gives the message, with values in it."
    )
    hint: Text | None = Field(None, description="What to do.")
    examples: Examples = Field(description="What nearedge rules test asks the rule of.")


class RulesSpec(Strictly):
    """Rules of the fleet's own."""

    rules: tuple[OwnRule, ...] = Field(description="The rules.")


class Rules(Strictly):
    """Rules of the fleet's own, in CEL."""

    apiVersion: Literal["nearedge/v1alpha1"] = Field(description="Version of this format.")
    kind: Literal["Rules"] = Field(description="Rules.")
    metadata: Metadata = Field(description="Name of the rules; equal to the file's name.")
    spec: RulesSpec = Field(description="Rules of the fleet's own.")
