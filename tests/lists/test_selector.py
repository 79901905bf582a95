"""Label selectors as kubectl has them."""

from __future__ import annotations

import pytest

from generator.lists.selector import NotASelector, Selector, terms_of

EMEA = {"region": "emea", "site": "berlin", "gold": ""}
APAC = {"region": "apac"}


@pytest.mark.parametrize(
    ("text", "emea", "apac"),
    [
        ("region=emea", True, False),
        ("region==emea", True, False),
        ("region!=emea", False, True),
        ("site!=berlin", False, True),
        ("region in (emea, apac)", True, True),
        ("region notin (emea)", False, True),
        ("tier notin (gold)", True, True),
        ("site", True, False),
        ("!site", False, True),
        ("gold=", True, False),
        ("region in (emea, apac),site=berlin", True, False),
        ("region=emea , !site", False, False),
    ],
)
def test_all_terms_have_to_hold(text: str, *, emea: bool, apac: bool) -> None:
    selector = Selector(terms_of(text))
    assert (selector.holds(EMEA, None, ()), selector.holds(APAC, None, ())) == (emea, apac)


def test_rings_and_groups_are_alternatives() -> None:
    selector = Selector(rings=frozenset({"canary", "pilot"}), groups=frozenset({"retail", "lab"}))
    assert selector.holds({}, "pilot", ("north", "lab"))
    assert not selector.holds({}, "pilot", ("north",))
    assert not selector.holds({}, None, ("lab",))


@pytest.mark.parametrize("text", ["", "region=emea,", "region in emea", "a=b=c", "in (x)", "region>3", "=x"])
def test_what_is_no_selector_is_refused(text: str) -> None:
    with pytest.raises(NotASelector, match="selects nothing: write region=emea"):
        terms_of(text)
