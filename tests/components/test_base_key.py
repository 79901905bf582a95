"""The names of bases: a folder says which key it belongs to, whatever the names in it are."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from generator.components.kit.base_key import LONGEST, BaseKey, Names, base_key, digest
from generator.components.kit.recipe import Recipe, recipe
from generator.components.namespaces.features import FEATURES
from generator.components.namespaces.units import NOTHING
from generator.objects.manifest import Manifest

WORDS = (
    *(
        "",
        ".",
        "..",
        "=",
        "==",
        "_",
        "+",
        "/",
        "a/b",
        "a+b",
        "a_b",
        "a=2fb",
        "A",
        "a",
        "ä",
        "con",
        "nul.x",
        ".",
    ),
    *("all", "group", "fleet", "cache", "pull", "pin", "plain", "oci+native", "0", "1e3", "a\n", " "),
)
NAMES = st.lists(st.sampled_from(WORDS) | st.text(max_size=4), max_size=3).map(tuple)
KEYS = st.builds(
    BaseKey,
    section=st.sampled_from(WORDS),
    of=st.sampled_from(WORDS),
    steps=st.lists(NAMES, max_size=3).map(tuple),
    marks=st.lists(NAMES, max_size=3).map(tuple),
)


def names_in(step: str) -> Names:
    """The names that a step is made of."""
    return () if step == "==" else tuple(name_in(part) for part in step.split("+"))


def name_in(part: str) -> str:
    if part == "=":
        return ""
    raw = re.sub(rb"=([0-9a-f]{2})", lambda found: bytes.fromhex(found[1].decode()), part.encode())
    return raw.decode()


def key_in(folder: str) -> tuple[str, BaseKey]:
    """The profile and the key that a folder is called after, as long as no step of it is cut."""
    base, *above, last = folder.split("/")
    last, *marks = last.split("_")
    (profile,), (section,), (of,), *steps = map(names_in, (*above, last))
    assert base == "base"
    return profile, BaseKey(section, of, tuple(steps), tuple(map(names_in, marks)))


@given(st.sampled_from(["odh-3.4", "upstream"]), KEYS)
@example("p", BaseKey("a", "b"))
@example("p", BaseKey("a", "b", ((),), ((), ("",))))
@example("p", BaseKey("a", "b", (("a", "b"),), (("c",),)))
def test_a_folder_can_be_read_back(profile: str, key: BaseKey) -> None:
    """So no two keys have one: this is the proof for all that are not cut."""
    assert key_in(key.folder(profile)) == (profile, key)


LONG = st.sampled_from(
    ["a" * n for n in (LONGEST - 1, LONGEST, LONGEST + 1, LONGEST + 33)] + ["b", "a=", "A"]
)


@given(
    *(st.lists(st.lists(LONG, min_size=1, max_size=2).map(tuple), max_size=2).map(tuple) for _ in range(4))
)
def test_two_keys_never_have_one_folder_even_where_it_is_cut(
    steps: tuple[Names, ...], marks: tuple[Names, ...], others: tuple[Names, ...], more: tuple[Names, ...]
) -> None:
    one, other = BaseKey("a", "b", steps, marks), BaseKey("a", "b", others, more)
    assert (one.folder("p") == other.folder("p")) == (one == other)


def test_a_cut_step_is_no_step_that_was_not_cut() -> None:
    cut = base_key("a", "b", "n" * (LONGEST + 1)).folder("p").rpartition("/")[2]
    assert re.fullmatch(rf"n{{{LONGEST}}}\.[0-9a-f]{{32}}", cut)
    assert base_key("a", "b", cut).folder("p").rpartition("/")[2] != cut


@given(KEYS, st.integers(0, 400))
def test_every_file_system_takes_a_folder(key: BaseKey, times: int) -> None:
    long = key.marked(*["n" * times, "."])
    for folder in (key.folder("odh-3.4"), long.folder("odh-3.4")):
        assert folder == folder.casefold()
        for step in folder.split("/"):
            assert re.fullmatch(r"[a-z0-9.+=_-]{1,255}", step)
            assert step not in {".", ".."}
            assert not step.endswith(".")
            # Windows opens a device by such a name, whatever comes behind the dot.
            assert not re.fullmatch(r"con|prn|aux|nul|com\d|lpt\d", step.partition(".")[0])


@pytest.mark.parametrize(
    ("key", "folder"),
    [
        (base_key("kueue", "all"), "kueue/all"),
        (base_key("kueue", "group", ("shops", "berlin")), "kueue/group/shops+berlin"),
        (base_key("models", "own", "shelf-2.1", "ai").marked("clone"), "models/own/shelf-2.1/ai_clone"),
        (base_key("a", "b", "till").marked("pull", "quay", "ours"), "a/b/till_pull+quay+ours"),
        (base_key("a", "b", "con", "Ai", "x_y"), "a/b/=63on/=41i/x=5fy"),
    ],
)
def test_names_stay_readable(key: BaseKey, folder: str) -> None:
    assert key.folder("odh-3.4") == f"base/odh-3.4/{folder}"


def test_no_feature_is_called_as_the_namespace_without_any() -> None:
    assert NOTHING not in FEATURES


def test_a_digest_changes_with_the_order_of_a_map() -> None:
    assert digest({"a": 1, "b": 2}) != digest({"b": 2, "a": 1})
    assert len({digest([1]), digest([True]), digest([1.0])}) == 3
    assert re.fullmatch(r"[0-9a-f]{12}", digest("a", [None]))


# Recipes, by which bases are compared.


def made(*items: Manifest) -> tuple[Manifest, ...]:
    return items


@pytest.mark.parametrize(
    ("other", "same"),
    [
        (recipe(made, {"a": [1, "x"], "b": {}}), True),
        (recipe(made, {"b": {}, "a": [1, "x"]}), False),
        (recipe(made, {"a": [1.0, "x"], "b": {}}), False),
        (recipe(made, {"a": [True, "x"], "b": {}}), False),
        (recipe(made, {"a": [1, "x", "x"], "b": {}}), False),
        (recipe(made, {"a": [1, "x"], "c": {}}), False),
        (Recipe(tuple, ([{"a": [1, "x"], "b": {}}],)), False),
        (Recipe(made, ()), False),
    ],
    ids=["equal", "order", "float", "bool", "longer", "key", "function", "no arguments"],
)
def test_recipes_are_the_same_only_where_they_make_the_same_text(other: Recipe, *, same: bool) -> None:
    assert recipe(made, {"a": [1, "x"], "b": {}}).same(other) is same
    assert other.same(other)
