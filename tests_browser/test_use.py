"""What a person does with the page: looks, searches, filters, goes on by keyboard, prints."""

from __future__ import annotations

from pathlib import Path as File

import pytest
from playwright.sync_api import Browser, expect

from generator.lists.clusters import fleet_of, specs_of
from generator.lists.selector import Selector, terms_of
from tests_browser.conftest import Opened
from tests_browser.story import HOSTILE, report

VIEWS = (
    "plan",
    "overview",
    "placement",
    "capacity",
    "verdicts",
    "rollout",
    "findings",
    "cluster/store-002",
    "model/weld-inspector",
)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_view_is_accessible(browser: Browser, plan_page: File, axe: str, scheme: str) -> None:
    """WCAG A and AA, as axe-core judges them, and its best practices."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, color_scheme=scheme)
    opened = Opened(context.new_page(), plan_page)
    found: dict[str, dict[str, list[str]]] = {}
    for view in VIEWS:
        page = opened.at(view)
        page.evaluate(axe)
        judged = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        told = {
            item["id"]: [node["html"][:200] for node in item["nodes"]][:3] for item in judged["violations"]
        }
        found |= {view: told} if told else {}
    context.close()
    assert found == {}
    assert opened.faults == []


def test_a_cluster_is_found_by_keyboard(opened: Opened) -> None:
    page = opened.at("overview")
    page.keyboard.press("/")
    page.keyboard.type("store-00")
    expect(page.locator("#hits [role=option]")).to_have_count(7)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("store-002")
    expect(page.locator("h1")).to_be_focused()
    expect(page.get_by_role("heading", name="What the plan changes here")).to_be_visible()
    assert page.url.endswith("#/cluster/store-002")


def test_nothing_found_is_said(opened: Opened) -> None:
    page = opened.at("overview")
    page.get_by_role("combobox", name="Search").fill("nowhere at all")
    expect(page.locator("#hits [role=option]")).to_have_text("Nothing found")
    page.keyboard.press("Escape")
    expect(page.get_by_role("listbox")).to_be_hidden()


@pytest.mark.parametrize(
    ("ring", "labels"),
    [
        ("main", ""),
        ("", "region=emea"),
        ("", "region!=emea"),
        ("pilot", "site in (graz, hanover), region"),
        ("", "!site"),
        ("", "site notin (linz),region=emea"),
    ],
)
def test_the_filter_means_what_the_commands_mean(opened: Opened, root: File, ring: str, labels: str) -> None:
    terms = terms_of(labels) if labels else ()
    rings = frozenset({ring} if ring else ())
    meant = {cluster.name for cluster in fleet_of(specs_of(root), Selector(terms, rings)).clusters}
    page = opened.at("overview")
    page.get_by_label("Ring", exact=True).select_option(ring)
    page.get_by_label("Labels").fill(labels)
    page.get_by_label("Labels").press("Enter")
    expect(page.get_by_role("status")).to_have_text(f"{len(meant)} of 12 clusters")
    rows = page.get_by_role("region", name="Clusters", exact=True).locator("tbody th")
    assert set(rows.all_text_contents()) == meant
    if meant:
        # The address alone shows others the same.
        page.reload()
        expect(page.get_by_role("status")).to_have_text(f"{len(meant)} of 12 clusters")


def test_a_wrong_selector_is_said(opened: Opened) -> None:
    page = opened.at("placement")
    page.get_by_label("Labels").fill("region==")
    page.get_by_label("Labels").fill("region in emea")
    page.get_by_label("Labels").press("Enter")
    expect(page.get_by_role("status")).to_contain_text("not a selector")


def test_keys_go_to_views_and_can_be_turned_off(opened: Opened) -> None:
    page = opened.at("plan")
    for key, title in (("3", "Placement"), ("4", "Capacity"), ("6", "Rollout"), ("1", "Plan")):
        page.keyboard.press(key)
        expect(page.locator("h1")).to_have_text(title)
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="Keys")
    expect(dialog).to_be_visible()
    dialog.get_by_label("Single keys work").uncheck()
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    page.keyboard.press("3")
    expect(page.locator("h1")).to_have_text("Plan")


def test_the_plan_is_what_a_reviewer_opens(opened: Opened) -> None:
    page = opened.at()
    expect(page.locator("h1")).to_have_text("Plan")
    expect(page.get_by_text("5 to change, 18 to remove.")).to_be_visible()
    expect(page.get_by_text("REMOVE001: cluster store-008 is removed")).to_be_visible()
    expect(page.locator("details.diff", has_text="All of store-002")).to_contain_text("ADMIT -> NEVER")
    page.get_by_label("Labels").fill("site=linz")
    page.get_by_label("Labels").press("Enter")
    titles = page.locator("details.diff > summary").all_text_contents()
    assert any("store-006" in title for title in titles)
    assert not any("store-002" in title for title in titles)


def test_a_plan_says_its_class_and_why(opened: Opened) -> None:
    page = opened.at("plan")
    said = page.locator("section.card", has=page.get_by_role("heading", name="Class", exact=True))
    expect(said.locator(".badge").first).to_contain_text("danger")
    expect(said.get_by_role("listitem").first).to_contain_text("removed")
    assert page.get_by_text("class: danger").count() == 0


def test_an_object_opens_as_it_comes_to_the_cluster(opened: Opened) -> None:
    page = opened.at("cluster/store-006")
    name = page.get_by_role("button", name="ai-serving/shelf-detector", exact=True).first
    name.press("Enter")
    text = page.get_by_role("region", name="An object as YAML")
    expect(text).to_contain_text("apiVersion: ")
    expect(text).to_contain_text("namespace: ai-serving")
    expect(name).to_have_attribute("aria-expanded", "true")
    assert (text.locator("pre").text_content() or "").count("\n") > 10
    text.get_by_role("button", name="Close").click()
    expect(text).to_be_hidden()
    expect(name).to_be_focused()


def test_a_plan_shows_room_before_and_after(opened: Opened) -> None:
    page = opened.at("capacity?sort=any")
    first = page.locator("tbody tr:not(.spacer)").first
    expect(first.locator("th a")).to_have_text("store-002")
    expect(first.locator(".heat-6")).to_contain_text("75 % → 150 %")


def test_a_pin_and_its_origin(opened: Opened) -> None:
    page = opened.at("cluster/plant-101")
    services = page.get_by_role("region", name="Services")
    expect(services).to_contain_text("pinned by ring canary; file says 12")
    spec = page.get_by_role("region", name="Effective spec")
    expect(spec.locator("tr.own").first.locator(".origin")).to_have_attribute(
        "title", "clusters/near-edge/plant-101.yaml:9"
    )


def test_the_history_of_a_ring(opened: Opened) -> None:
    page = opened.at("rollout")
    canary = page.locator(".lane").first
    assert [text.split()[3] for text in canary.locator(".commits li").all_text_contents()] == [
        "rollback",
        "advance",
        "advance",
        "from",
    ]


def test_what_is_waived(opened: Opened) -> None:
    page = opened.at("findings")
    expect(page.locator("section", has=page.get_by_role("heading", name="Waived"))).to_contain_text(
        "Accepted until 2027-03-31: The second GPU comes in spring"
    )


@pytest.mark.opens("fleet_page", color_scheme="dark")
def test_dark_and_light(opened: Opened) -> None:
    page = opened.at("overview")
    ground = "getComputedStyle(document.body).backgroundColor"
    assert page.evaluate(ground) == "rgb(15, 20, 25)"
    page.get_by_role("button", name="Theme: auto").click()
    assert page.evaluate(ground) == "rgb(246, 247, 249)"
    page.reload()
    expect(page.get_by_role("button", name="Theme: light")).to_be_visible()


@pytest.mark.opens("fleet_page", viewport={"width": 390, "height": 800})
@pytest.mark.parametrize("view", VIEWS)
def test_nothing_is_wider_than_a_telephone(opened: Opened, view: str) -> None:
    page = opened.at(view)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


@pytest.mark.opens("fleet_page", java_script_enabled=False)
def test_without_scripts_it_says_what_it_has(opened: Opened) -> None:
    page = opened.at()
    said, height = page.locator("noscript").evaluate("found => [found.textContent, found.offsetHeight]")
    assert "12 of 12 clusters, 9 models" in said
    assert height > 0


@pytest.mark.opens("large_page")
def test_ten_thousand_clusters(opened: Opened) -> None:
    page = opened.at("placement")
    assert page.evaluate("performance.getEntriesByName('drawn')[0].startTime") < 4000
    assert page.locator("tbody tr").count() < 80
    page.get_by_role("region", name="Placement of models on clusters").evaluate("box => box.scrollTo(0, 1e9)")
    expect(page.get_by_role("link", name="store-09999")).to_be_visible()


def test_all_rows_are_printed(opened: Opened) -> None:
    page = opened.at("overview")
    page.emulate_media(media="print")
    expect(page.locator("#side")).to_be_hidden()
    expect(page.get_by_role("link", name="store-007", exact=True).last).to_be_visible()
    assert page.pdf().startswith(b"%PDF")


@pytest.mark.opens("hostile_page")
@pytest.mark.parametrize("view", VIEWS[1:7])
def test_what_specs_say_runs_nothing(opened: Opened, view: str) -> None:
    page = opened.at(view)
    assert page.locator("main img, main script").count() == 0
    text = page.locator("body").inner_text()
    assert "<img src=x onerror=alert(1)></script>" in text
    assert not {"\u202e", "\u2028"} & set(page.locator("main").inner_text())
    assert "\\u202e" in text
    assert HOSTILE not in page.content()


def test_the_same_fleet_gives_the_same_bytes(root: File, plan_page: File) -> None:
    again = report(root, root.parent / "again.html", "--plan")
    assert again.read_bytes() == plan_page.read_bytes()
