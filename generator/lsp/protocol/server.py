"""The Language Server Protocol over two streams: which question is answered by what."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path as File
from typing import BinaryIO

from lsprotocol import types as lsp
from pygls.exceptions import JsonRpcInvalidParams

from .. import places
from ..session import Session
from . import answers
from .answers import USERS
from .connection import Server


def serve(today: Callable[[], str], root: File | None, heard: BinaryIO, said: BinaryIO) -> None:
    """Serve one editor over two streams, which are closed then, until it says exit."""
    made(today, root).start_io(heard, said)


def made(today: Callable[[], str], root: File | None = None) -> Server:  # noqa: C901, PLR0915 - one answer after the other
    """A server that answers."""
    server = Server(Session(today, root))

    @server.feature(lsp.INITIALIZED)
    def initialized(_: lsp.InitializedParams) -> None:
        files = server.client_capabilities.workspace
        watched = files.did_change_watched_files if files else None
        if watched and watched.dynamic_registration:
            # What jobs run lies in other folders; of all files in these an editor would tell of every render as well.
            watched_files = ("**/clusters/**/*.yaml", "**/{*.py,.gitignore,.rayignore}")
            options = lsp.DidChangeWatchedFilesRegistrationOptions(
                [lsp.FileSystemWatcher(pattern) for pattern in watched_files]
            )
            wish = lsp.Registration("nearedge-specs", lsp.WORKSPACE_DID_CHANGE_WATCHED_FILES, options)
            server.client_register_capability(lsp.RegistrationParams([wish]))

    def edit(uri: str, text: str | None) -> None:
        if spot := server.spot(uri):
            server.session.edit(spot, text)
            server.publish(spot.root)
            server.work(spot.root)

    @server.feature(lsp.TEXT_DOCUMENT_DID_OPEN)
    def did_open(params: lsp.DidOpenTextDocumentParams) -> None:
        edit(params.text_document.uri, params.text_document.text)

    @server.feature(lsp.TEXT_DOCUMENT_DID_CHANGE)
    def did_change(params: lsp.DidChangeTextDocumentParams) -> None:
        uri = params.text_document.uri
        edit(uri, server.workspace.get_text_document(uri).source)

    @server.feature(lsp.TEXT_DOCUMENT_DID_CLOSE)
    def did_close(params: lsp.DidCloseTextDocumentParams) -> None:
        edit(params.text_document.uri, None)

    @server.feature(lsp.WORKSPACE_DID_CHANGE_WATCHED_FILES)
    def files_changed(params: lsp.DidChangeWatchedFilesParams) -> None:
        spots = [
            spot for item in params.changes if (spot := server.spot(item.uri) or server.beside(item.uri))
        ]
        for folder in dict.fromkeys(spot.root for spot in spots):
            server.session.disk_changed(folder, (spot.file for spot in spots if spot.root == folder))
            server.publish(folder)
            server.work(folder)

    @server.feature(
        lsp.TEXT_DOCUMENT_COMPLETION,
        lsp.CompletionOptions(trigger_characters=[" ", ":", "-", "[", "{", ",", '"', "="]),
    )
    def complete(params: lsp.CompletionParams) -> list[lsp.CompletionItem]:
        at = server.at(params.text_document.uri, params.position)
        return answers.completed(server, *at) if at else []

    @server.feature(lsp.TEXT_DOCUMENT_HOVER)
    def hovered(params: lsp.HoverParams) -> lsp.Hover | None:
        at = server.at(params.text_document.uri, params.position)
        return answers.hovered(server, *at) if at else None

    @server.feature(lsp.TEXT_DOCUMENT_DEFINITION)
    def defined(params: lsp.DefinitionParams) -> list[lsp.Location]:
        at = server.at(params.text_document.uri, params.position)
        thing = places.thing_at(*at) if at else None
        return (
            answers.locations(server, at[0], places.definitions(at[0], at[1], thing)) if at and thing else []
        )

    @server.feature(lsp.TEXT_DOCUMENT_REFERENCES)
    def referred(params: lsp.ReferenceParams) -> list[lsp.Location]:
        at = server.at(params.text_document.uri, params.position)
        thing = places.thing_at(*at) if at else None
        if at is None or thing is None:
            return []
        found = places.references(at[0], at[1], thing)
        wanted = (item for item in found if params.context.include_declaration or not item.declares)
        return answers.locations(server, at[0], wanted)

    @server.feature(lsp.TEXT_DOCUMENT_PREPARE_RENAME)
    def prepare(params: lsp.PrepareRenameParams) -> lsp.PrepareRenamePlaceholder | None:
        at = server.at(params.text_document.uri, params.position)
        return answers.prepared(server, *at) if at else None

    @server.feature(lsp.TEXT_DOCUMENT_RENAME, lsp.RenameOptions(prepare_provider=True))
    def rename(params: lsp.RenameParams) -> lsp.WorkspaceEdit | None:
        at = server.at(params.text_document.uri, params.position)
        thing = places.thing_at(*at) if at else None
        if at is None or thing is None:
            return None
        try:
            return answers.renamed(server, at[0], places.renamed(at[0], thing, params.new_name))
        except places.CannotRename as error:
            raise JsonRpcInvalidParams(str(error)) from None

    @server.feature(lsp.TEXT_DOCUMENT_CODE_ACTION, lsp.CodeActionOptions([lsp.CodeActionKind.QuickFix]))
    def act(params: lsp.CodeActionParams) -> list[lsp.CodeAction]:
        spot = server.spot(params.text_document.uri)
        workspace = server.session.fleet(spot.root) if spot else None
        if spot is None or workspace is None or spot.file not in workspace.texts:
            return []
        return answers.acted(
            server, workspace, spot.file, server.findings_in(workspace, spot.file, params.range)
        )

    @server.feature(lsp.TEXT_DOCUMENT_CODE_LENS)
    def lens(params: lsp.CodeLensParams) -> list[lsp.CodeLens]:
        spot = server.spot(params.text_document.uri)
        if spot is None:
            return []
        return answers.lensed(server, server.session.fleet(spot.root), spot.file)

    @server.command(USERS)
    def users(title: str, clusters: list[str]) -> None:
        names = ", ".join(clusters[:40]) + (f" and {len(clusters) - 40} more" if len(clusters) > 40 else "")  # noqa: PLR2004 - as many as a message shows
        server.window_show_message(
            lsp.ShowMessageParams(lsp.MessageType.Info, f"{title}: {names}" if names else title)
        )

    return server
