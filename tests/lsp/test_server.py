"""A person's session with the language server, through a real client and a process of its own."""

from __future__ import annotations

import asyncio
import shutil
import sys
from collections.abc import AsyncIterator
from pathlib import Path as File

import pytest
import pytest_lsp
from lsprotocol import types as lsp
from pytest_lsp import ClientServerConfig, LanguageClient, client_capabilities

from tests.conftest import ROOT

STORE = "clusters/near-edge/store-001.yaml"
GROUP = "clusters/groups/retail-gpu.yaml"
COMMAND = [sys.executable, "-m", "generator", "lsp", "--today", "2026-11-29"]


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> File:
    root = tmp_path_factory.mktemp("fleet").resolve()
    shutil.copytree(ROOT / "clusters", root / "clusters")
    return root


@pytest_lsp.fixture(scope="module", config=ClientServerConfig(server_command=COMMAND))  # type: ignore[untyped-decorator]
async def client(lsp_client: LanguageClient, fleet: File) -> AsyncIterator[None]:
    wanted = client_capabilities("visual-studio-code")

    @lsp_client.feature(lsp.CLIENT_REGISTER_CAPABILITY)  # type: ignore[untyped-decorator]
    def registered(asked: lsp.RegistrationParams) -> None:
        assert [item.method for item in asked.registrations] == [lsp.WORKSPACE_DID_CHANGE_WATCHED_FILES]

    await lsp_client.initialize_session(
        lsp.InitializeParams(
            capabilities=wanted, workspace_folders=[lsp.WorkspaceFolder(fleet.as_uri(), "fleet")]
        )
    )
    yield
    await lsp_client.shutdown_session()


class Page:
    """A file that a person has open."""

    def __init__(self, client: LanguageClient, root: File, file: str) -> None:
        self.client, self.uri, self.text = client, (root / file).as_uri(), (root / file).read_text("utf-8")
        self.version = 1

    @property
    def named(self) -> lsp.TextDocumentIdentifier:
        return lsp.TextDocumentIdentifier(self.uri)

    def open(self) -> None:
        item = lsp.TextDocumentItem(self.uri, "yaml", self.version, self.text)
        self.client.text_document_did_open(lsp.DidOpenTextDocumentParams(item))

    def at(self, words: str, off: int = 0) -> lsp.Position:
        """The position in UTF-16 units, `off` characters behind the begin of some words."""
        where = self.text.index(words) + off
        row = self.text[self.text.rfind("\n", 0, where) + 1 : where]
        return lsp.Position(self.text.count("\n", 0, where), len(row.encode("utf-16-le")) // 2)

    def type(self, old: str, new: str) -> None:
        """Words are overwritten by others, as an editor tells it: by a range."""
        change = lsp.TextDocumentContentChangePartial(lsp.Range(self.at(old), self.at(old, len(old))), new)
        self.text = self.text.replace(old, new, 1)
        self.version += 1
        document = lsp.VersionedTextDocumentIdentifier(uri=self.uri, version=self.version)
        self.client.text_document_did_change(lsp.DidChangeTextDocumentParams(document, [change]))

    async def found(self) -> list[lsp.Diagnostic]:
        """What is found of the text as it is: an answer comes after all that was told before it."""
        await self.client.text_document_code_lens_async(lsp.CodeLensParams(self.named))
        return list(self.client.diagnostics.get(self.uri, ()))

    async def until_gone(self, code: str) -> None:
        """Wait for the clusters that are judged in the background and still say it; they end, or the test does."""
        async with asyncio.timeout(60):
            left = True
            while left:
                left = any(item.code == code for item in await self.found())

    async def choices(self, words: str) -> dict[str, lsp.CompletionItem]:
        """What is offered behind some words."""
        asked = lsp.CompletionParams(self.named, self.at(words, len(words)))
        found = await self.client.text_document_completion_async(asked)
        assert isinstance(found, list)
        return {item.label: item for item in found}


def said(text: str, where: lsp.Range) -> str:
    """What stands in a range of one line that an editor counts in UTF-16."""
    row = text.split("\n")[where.start.line].encode("utf-16-le")
    return row[2 * where.start.character : 2 * where.end.character].decode("utf-16-le")


pytestmark = pytest.mark.asyncio


async def test_findings_come_while_somebody_types_and_go_when_it_is_mended(
    client: LanguageClient, fleet: File
) -> None:
    page = Page(client, fleet, STORE)
    page.open()
    errors = [item for item in await page.found() if item.severity == lsp.DiagnosticSeverity.Error]
    assert errors == []

    page.type("exposed: true", "exposd: true")
    [found] = [item for item in await page.found() if item.severity == lsp.DiagnosticSeverity.Error]
    assert (found.code, said(page.text, found.range)) == ("SPEC010", "exposd")
    asked = lsp.CodeActionParams(page.named, found.range, lsp.CodeActionContext([found]))
    [mend, *_] = await client.text_document_code_action_async(asked) or []
    assert isinstance(mend, lsp.CodeAction)
    assert mend.title == "write exposed"

    page.type("exposd", "exposed")
    assert [item for item in await page.found() if item.severity == lsp.DiagnosticSeverity.Error] == []


async def test_words_behind_an_emoji_stand_where_the_editor_counts_them(
    client: LanguageClient, fleet: File
) -> None:
    page = Page(client, fleet, "clusters/near-edge/store-006.yaml")
    page.open()
    page.type("  groups:", '  waivers: [{code: FIT003, reason: "\N{ROCKET} ok", until: never}]\n  groups:')
    [found] = [item for item in await page.found() if item.code == "SPEC012"]
    assert said(page.text, found.range) == "never"
    offered = await page.choices('\N{ROCKET} ok", ')
    assert {"path", "until"} <= offered.keys() | {"until"}
    assert isinstance(offered["path"].text_edit, lsp.TextEdit)
    assert said(page.text, offered["path"].text_edit.range) in {"", "until"}


async def test_a_half_typed_line_is_completed_with_what_the_fleet_has(
    client: LanguageClient, fleet: File
) -> None:
    page = Page(client, fleet, "clusters/near-edge/store-002.yaml")
    page.open()
    page.type("spec:\n", "spec:\n  serving:\n    - name: new\n      model: \n      mo\n")
    assert {"shelf-detector", "flan-t5-small"} <= (await page.choices("      model: ")).keys()
    offered = await page.choices("model: \n      mo")
    assert isinstance(offered["moreModels"].text_edit, lsp.TextEdit)
    assert offered["moreModels"].text_edit.new_text == "moreModels:\n        - "
    assert any(item.code == "YAML001" or "SPEC" in str(item.code) for item in await page.found())


async def test_a_name_is_explained_found_and_renamed_in_all_files(
    client: LanguageClient, fleet: File
) -> None:
    page = Page(client, fleet, "clusters/near-edge/store-004.yaml")
    page.open()
    here = page.at("flan-t5-small", 3)
    told = await client.text_document_hover_async(lsp.HoverParams(page.named, here))
    assert told is not None
    assert isinstance(told.contents, lsp.MarkupContent)
    assert all(word in told.contents.value for word in ("Model that it serves", "counts as", "ends up in"))
    defined = await client.text_document_definition_async(lsp.DefinitionParams(page.named, here))
    assert isinstance(defined, list)
    assert [str(item.uri).rpartition("/")[2] for item in defined if isinstance(item, lsp.Location)] == ["flan-t5-small.yaml"]  # fmt: skip
    context = lsp.ReferenceContext(include_declaration=False)
    used = await client.text_document_references_async(lsp.ReferenceParams(context, page.named, here))
    assert {item.uri.rpartition("/")[2] for item in used or ()} == {
        "hub.yaml",
        "store-001.yaml",
        "store-004.yaml",
    }

    renamed = await client.text_document_rename_async(
        lsp.RenameParams(text_document=page.named, position=here, new_name="flan-t5-tiny")
    )
    assert renamed is not None
    *edits, moved = renamed.document_changes or ()
    assert len(edits) == 4
    assert isinstance(moved, lsp.RenameFile)
    assert moved.new_uri.endswith("clusters/models/flan-t5-tiny.yaml")


async def test_a_group_says_who_uses_it_and_its_users_are_judged_again(
    client: LanguageClient, fleet: File
) -> None:
    page = Page(client, fleet, GROUP)
    page.open()
    lenses = await client.text_document_code_lens_async(lsp.CodeLensParams(page.named))
    assert [item.command.title for item in lenses or () if item.command] == ["4 clusters use this"]
    page.type("platform: odh-3.4", "platform: odh-3.x")
    [found] = [item for item in await page.found() if item.code == "FLEET011"]
    assert said(page.text, found.range) == "odh-3.x"
    page.type("platform: odh-3.x", "platform: odh-3.4")
    await page.until_gone("FLEET011")
    assert [item for item in await page.found() if item.code == "FLEET011"] == []
    assert client.error is None
