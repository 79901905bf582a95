"""Plain results as the protocol's objects."""

from __future__ import annotations

from collections.abc import Iterable

from lsprotocol import types as lsp

from ...documents.spans import Span
from ...findings.finding import Finding
from ...fleet.spec_files import stem
from ...rules.load import every_rule
from .. import completion, hover, lenses, places
from ..actions import actions
from ..cursor import cursor_at
from ..workspace import Workspace
from .connection import Server

USERS = "nearedge.users"
"""Command of a code lens: which clusters it counts."""


def completed(
    server: Server, workspace: Workspace, file: str, line: int, column: int
) -> list[lsp.CompletionItem]:
    """What is offered at a cursor."""
    found = completion.completions(workspace, file, line, column)
    text = workspace.texts[file]
    where = server.range(text, Span(line, found.start, found.end))
    typed = text.split("\n")[line][found.start : found.start + 1]
    quote = typed if typed in {'"', "'"} else ""
    return [
        lsp.CompletionItem(
            label=item.label,
            kind=lsp.CompletionItemKind.Property if item.is_key else lsp.CompletionItemKind.Value,
            detail=item.detail or None,
            documentation=lsp.MarkupContent(lsp.MarkupKind.Markdown, item.meaning) if item.meaning else None,
            sort_text=f"{item.rank}{number:05}",
            filter_text=f"{quote}{item.label}" if quote else None,
            text_edit=lsp.TextEdit(where, item.text),
            insert_text_mode=lsp.InsertTextMode.AsIs,
        )
        for number, item in enumerate(found.items)
    ]


def hovered(server: Server, workspace: Workspace, file: str, line: int, column: int) -> lsp.Hover | None:
    """What is said of a word, with the rules that are broken there."""
    found = hover.hover(workspace, file, line, column)
    if found is None:
        return None
    where = server.range(workspace.texts[file], found.span)
    codes = dict.fromkeys(item.code for item in server.findings_in(workspace, file, where))
    rules = [f"**{code}** {every_rule()[code].doc}" for code in codes if code in every_rule()]
    return lsp.Hover(
        lsp.MarkupContent(lsp.MarkupKind.Markdown, "\n\n---\n\n".join([found.text, *rules])), where
    )


def locations(server: Server, workspace: Workspace, found: Iterable[places.Place]) -> list[lsp.Location]:
    """Words in files."""
    return [server.location(workspace, item.file, item.span) for item in found]


def renamed(server: Server, workspace: Workspace, found: places.Rename) -> lsp.WorkspaceEdit:
    """Edits of all files, and the new name of the thing's own where the editor can rename files."""
    edits: dict[str, list[lsp.TextEdit]] = {
        (workspace.root / file).as_uri(): [
            lsp.TextEdit(server.range(found.texts[file], span), new) for span, new in spans
        ]
        for file, spans in found.changes.items()
    }
    told = server.client_capabilities.workspace
    can = told.workspace_edit if told else None
    kinds = can.resource_operations if can else None
    if can is None or not can.document_changes or lsp.ResourceOperationKind.Rename not in (kinds or ()):
        message = f"rename {found.old_file} to {stem(found.new_file)}.yaml as well"
        server.window_show_message(lsp.ShowMessageParams(lsp.MessageType.Warning, message))
        return lsp.WorkspaceEdit(changes=edits)
    documents: list[lsp.TextDocumentEdit | lsp.CreateFile | lsp.RenameFile | lsp.DeleteFile] = []
    for uri, changes in edits.items():
        open_now = server.workspace.text_documents.get(uri)
        version = open_now.version if open_now else None
        documents.append(
            lsp.TextDocumentEdit(
                lsp.OptionalVersionedTextDocumentIdentifier(uri=uri, version=version), list(changes)
            )
        )
    old, new = ((workspace.root / file).as_uri() for file in (found.old_file, found.new_file))
    return lsp.WorkspaceEdit(document_changes=[*documents, lsp.RenameFile(old, new)])


def acted(
    server: Server, workspace: Workspace, file: str, findings: tuple[Finding, ...]
) -> list[lsp.CodeAction]:
    """What can be done about findings."""
    text, uri = workspace.texts[file], (workspace.root / file).as_uri()
    rows = text.split("\n")
    found = []
    for item in actions(workspace, file, findings):
        change = item.change
        where = lsp.Range(
            server.units(rows, change.line, change.column),
            server.units(rows, change.end_line, change.end_column),
        )
        found.append(
            lsp.CodeAction(
                item.title,
                kind=lsp.CodeActionKind.QuickFix,
                diagnostics=[server.diagnostic(workspace, text, item.finding)],
                is_preferred=item.preferred or None,
                edit=lsp.WorkspaceEdit(changes={uri: [lsp.TextEdit(where, change.new)]}),
            )
        )
    return found


def prepared(
    server: Server, workspace: Workspace, file: str, line: int, column: int
) -> lsp.PrepareRenamePlaceholder | None:
    """The word that a rename would change; None of what cannot be renamed."""
    thing = places.thing_at(workspace, file, line, column)
    if thing is None or thing.what not in {"group", "model"}:
        return None
    spot = cursor_at(workspace.texts[file], line, column)
    word = server.range(workspace.texts[file], Span(line, spot.start, spot.end))
    return lsp.PrepareRenamePlaceholder(word, thing.name)


def lensed(server: Server, workspace: Workspace, file: str) -> list[lsp.CodeLens]:
    """Lines above a spec."""
    text = workspace.texts.get(file, "")
    return [
        lsp.CodeLens(
            server.range(text, item.span),
            lsp.Command(item.title, USERS, arguments=[item.title, list(item.clusters)]),
        )
        for item in lenses.lenses(workspace, file)
    ]
