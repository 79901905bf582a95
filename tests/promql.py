"""PromQL as far as our rules speak it: what an expression reads, and what it gives of a set of series.

The parser is that of promql-parser. promtool would be the judge of choice, but cannot be had: `go install` refuses a
module with replace or exclude directives, which Prometheus has, and its newest release needs modules that the proxy
does not serve. What is computed here is the language's own definition (prometheus.io/docs/prometheus/latest/querying/operators).
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import promql_parser

Labels = frozenset[tuple[str, str]]
Vector = dict[Labels, float]
Series = Mapping[str, float]
"""`name{label="value",...}` -> its value now."""

GRAFANA = {"$__rate_interval": "5m"}
_SERIES = re.compile(r"(?P<name>[a-zA-Z_:][a-zA-Z0-9_:]*)(\{(?P<labels>.*)\})?")
_LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="([^"]*)"')
NAME = "__name__"

COMPARE: dict[str, Callable[[float, float], bool]] = {
    ">": operator.gt, "<": operator.lt, "==": operator.eq, "!=": operator.ne, ">=": operator.ge, "<=": operator.le,
}  # fmt: skip
ARITHMETIC: dict[str, Callable[[float, float], float]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv,
}  # fmt: skip
AGGREGATE: dict[str, Callable[[list[float]], float]] = {"sum": sum, "max": max, "min": min}


def parse(expr: str) -> Any:
    """The tree of an expression; Grafana's variables stand for durations.

    Raises:
        ValueError: it is no PromQL.
    """
    for name, value in GRAFANA.items():
        expr = expr.replace(name, value)
    return promql_parser.parse(expr)


def selectors(node: Any) -> Iterator[Any]:
    """Every selector of series in a tree."""
    if isinstance(node, promql_parser.VectorSelector):
        yield node
    elif isinstance(node, promql_parser.MatrixSelector):
        yield node.vector_selector
    else:
        for field in ("lhs", "rhs", "expr", "param"):
            yield from selectors(getattr(node, field)) if getattr(node, field, None) is not None else ()
        for argument in getattr(node, "args", ()):
            yield from selectors(argument)


def metrics(expr: str) -> list[str]:
    """Names of the metrics that an expression reads, in its order."""
    return [selector.name for selector in selectors(parse(expr))]


def matchers(selector: Any) -> dict[str, str]:
    """Label -> operator and value, as the selector has them."""
    return {item.name: f"{item.op}{item.value}" for item in selector.matchers.matchers}


def vector(series: Series) -> Vector:
    """Series as labels, their name among them."""
    found: Vector = {}
    for text, value in series.items():
        match = _SERIES.fullmatch(text)
        assert match is not None, text
        found[frozenset({(NAME, match["name"]), *_LABEL.findall(match["labels"] or "")})] = value
    return found


def evaluate(expr: str, series: Series) -> Vector:
    """What an expression gives now; a filter leaves out what it refuses."""
    return _vector(parse(expr), vector(series))


def _vector(node: Any, series: Vector) -> Vector:
    match node:
        case promql_parser.VectorSelector():
            return {labels: value for labels, value in series.items() if _selected(node, dict(labels))}
        case promql_parser.ParenExpr():
            return _vector(node.expr, series)
        case promql_parser.AggregateExpr():
            return _aggregated(node, _vector(node.expr, series))
        case promql_parser.BinaryExpr():
            return _binary(node, series)
        case promql_parser.Call() if node.func.name == "label_replace":
            return _replaced(node, series)
    raise NotImplementedError(type(node).__name__)


def _replaced(node: Any, series: Vector) -> Vector:
    """label_replace(v, to, replacement, from, pattern), of which `$1` is all that we write as a replacement."""
    given, (to, what, source, pattern) = node.args[0], (item.val for item in node.args[1:])
    assert what == "$1"
    found: Vector = {}
    for labels, value in _vector(given, series).items():
        match = re.fullmatch(pattern, dict(labels).get(source, ""))
        new = {**dict(labels), to: match[1]} if match else dict(labels)
        found[frozenset(new.items())] = value
    return found


def _selected(node: Any, labels: dict[str, str]) -> bool:
    return labels[NAME] == node.name and all(
        _matches(str(item.op), labels.get(item.name, ""), item.value) for item in node.matchers.matchers
    )


def _matches(op: str, value: str, wanted: str) -> bool:
    match op.rpartition(".")[2]:
        case "Equal":
            return value == wanted
        case "NotEqual":
            return value != wanted
        case "Re":
            return re.fullmatch(wanted, value) is not None
    raise NotImplementedError(op)


def _aggregated(node: Any, given: Vector) -> Vector:
    assert str(node.modifier.type).endswith("By")
    groups: dict[Labels, list[float]] = {}
    for labels, value in given.items():
        kept = frozenset((key, text) for key, text in labels if key in node.modifier.labels)
        groups.setdefault(kept, []).append(value)
    return {labels: AGGREGATE[str(node.op)](values) for labels, values in groups.items()}


def _binary(node: Any, series: Vector) -> Vector:
    op, left = str(node.op), _vector(node.lhs, series)
    if isinstance(node.rhs, promql_parser.NumberLiteral):
        number = node.rhs.val
        if op in COMPARE:
            return {labels: value for labels, value in left.items() if COMPARE[op](value, number)}
        return {_nameless(labels): ARITHMETIC[op](value, number) for labels, value in left.items()}
    right = _vector(node.rhs, series)
    if op in {"or", "unless"}:
        return _without(left, right) if op == "unless" else {**left, **_without(right, left)}
    modifier = node.modifier
    on = modifier.matching.labels if modifier and modifier.matching else None
    others = {_key(labels, on): (labels, value) for labels, value in right.items()}
    assert len(others) == len(right), "two series of the right side are one to the left"
    found: Vector = {}
    for labels, value in left.items():
        other = others.get(_key(labels, on))
        if other is None or (op in COMPARE and not COMPARE[op](value, other[1])):
            continue
        more = {pair for pair in other[0] if modifier and pair[0] in (modifier.group_labels or ())}
        result = value if op in COMPARE or op == "and" else ARITHMETIC[op](value, other[1])
        found[_nameless(labels) | more if op != "and" else labels] = result
    return found


def _without(given: Vector, others: Vector) -> Vector:
    there = {_nameless(labels) for labels in others}
    return {labels: value for labels, value in given.items() if _nameless(labels) not in there}


def _key(labels: Labels, on: list[str] | None) -> Labels:
    return frozenset(pair for pair in _nameless(labels) if on is None or pair[0] in on)


def _nameless(labels: Labels) -> Labels:
    return frozenset(pair for pair in labels if pair[0] != NAME)


def firing(rule: Mapping[str, Any], minutes: Sequence[Series]) -> list[dict[str, str]]:
    """Labels of the alerts that fire at the end of these minutes: each has been pending for as long as `for` says."""
    wait = int(rule["for"].removesuffix("m"))
    since: dict[Labels, int] = {}
    for now, series in enumerate(minutes):
        pending = evaluate(rule["expr"], series)
        since = {labels: since.get(labels, now) for labels in pending}
    last = len(minutes) - 1
    return sorted(
        (dict(labels) for labels, begun in since.items() if last - begun >= wait),
        key=lambda labels: sorted(labels.items()),
    )
