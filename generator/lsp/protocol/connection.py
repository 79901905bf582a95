"""A connection to one editor: what it has open, in the units that it counts in, and the work in the background."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path as File

from lsprotocol import types as lsp
from pygls.lsp.server import LanguageServer
from pygls.uris import to_fs_path

from ... import __version__
from ...documents.spans import Span, span_of
from ...findings.finding import Finding, Severity, Where
from ...rules.load import every_rule
from ..judging import next_judged, whole_judged
from ..session import Session, Spot
from ..workspace import Workspace

SOURCE = "nearedge"
PAUSE = 0.002
"""Seconds between two clusters in the background, in which the editor is heard."""
QUIET = 0.3
"""Seconds without an edit after which the rules of the whole fleet are asked, and between two reports of progress."""
WORTH_SHOWING = 20
"""Pending clusters from which on progress is shown."""
SEVERITIES = {
    Severity.ERROR: lsp.DiagnosticSeverity.Error,
    Severity.WARNING: lsp.DiagnosticSeverity.Warning,
    Severity.NOTE: lsp.DiagnosticSeverity.Information,
}


class Server(LanguageServer):
    """A language server, the fleets that it has open, and its work in the background."""

    def __init__(self, session: Session) -> None:
        super().__init__("nearedge", __version__)
        self.session = session
        self.working: dict[File, asyncio.Task[None]] = {}

    def spot(self, uri: str) -> Spot | None:
        """The spec that a URI names."""
        path = to_fs_path(uri)
        return self.session.spot_of(File(path)) if path else None

    def beside(self, uri: str) -> Spot | None:
        """A file in the folder of an open fleet that is no spec."""
        path = to_fs_path(uri)
        return self.session.beside(File(path)) if path else None

    def at(self, uri: str, position: lsp.Position) -> tuple[Workspace, str, int, int] | None:
        """The fleet, the file, the line and the column in characters of a cursor in an open spec."""
        spot = self.spot(uri)
        workspace = self.session.fleet(spot.root) if spot else None
        if spot is None or workspace is None or spot.file not in workspace.texts:
            return None
        rows = workspace.texts[spot.file].split("\n")
        line = min(position.line, len(rows) - 1)
        asked = lsp.Position(line, position.character)
        return (
            workspace,
            spot.file,
            line,
            self.workspace.position_codec.position_from_client_units(rows, asked).character,
        )

    def units(self, rows: list[str], line: int, column: int) -> lsp.Position:
        """A place in the units that the editor counts in."""
        row = rows[line] if line < len(rows) else ""
        return lsp.Position(line, self.workspace.position_codec.client_num_units(row[:column]))

    def range(self, text: str, span: Span) -> lsp.Range:
        """A word in these units."""
        rows = text.split("\n")
        return lsp.Range(self.units(rows, span.line, span.start), self.units(rows, span.line, span.end))

    def text(self, workspace: Workspace, file: str) -> str:
        """A spec's text as it counts; empty where it cannot be read."""
        raw = workspace.sources[file] if file in workspace.files else b""
        return raw.decode("utf-8", "replace") if isinstance(raw, bytes) else ""

    def location(self, workspace: Workspace, file: str, span: Span) -> lsp.Location:
        """A word of a spec."""
        return lsp.Location((workspace.root / file).as_uri(), self.range(self.text(workspace, file), span))

    def publish(self, root: File) -> None:
        """Tell the editor what is found now, where it is another thing than before."""
        workspace = self.session.fleets[root]
        for file, findings in self.session.news(root):
            text = self.text(workspace, file)
            found = [self.diagnostic(workspace, text, item) for item in findings]
            uri = (root / file).as_uri()
            open_now = self.workspace.text_documents.get(uri)
            version = open_now.version if open_now else None
            self.text_document_publish_diagnostics(lsp.PublishDiagnosticsParams(uri, found, version))

    def diagnostic(self, workspace: Workspace, text: str, item: Finding) -> lsp.Diagnostic:
        """A finding."""
        related = [
            lsp.DiagnosticRelatedInformation(self._place(workspace, where), "has to do with it")
            for where in item.related
        ]
        page = workspace.root / "docs" / "rules.md"
        known = item.code in every_rule() and page.is_file()
        return lsp.Diagnostic(
            range=self.range(text, span_of(text, item.where)),
            message=f"{item.message}\n{item.hint}" if item.hint else item.message,
            severity=SEVERITIES[item.severity],
            code=item.code,
            code_description=lsp.CodeDescription(f"{page.as_uri()}#{item.code.lower()}") if known else None,
            source=SOURCE,
            related_information=related or None,
        )

    def _place(self, workspace: Workspace, where: Where) -> lsp.Location:
        return self.location(workspace, where.file, span_of(self.text(workspace, where.file), where))

    def findings_in(self, workspace: Workspace, file: str, among: lsp.Range) -> tuple[Finding, ...]:
        """The findings of an open file that a range touches."""
        text = workspace.texts[file]
        found = self.session.told.get(workspace.root, {}).get(file, ())
        return tuple(item for item in found if _touch(self.range(text, span_of(text, item.where)), among))

    def work(self, root: File) -> None:
        """Go on with what is pending, if nobody does."""
        task = self.working.get(root)
        if task is None or task.done():
            self.working[root] = asyncio.ensure_future(self._work(root))

    async def _work(self, root: File) -> None:
        while True:
            if not await self._clusters(root):
                return
            await asyncio.sleep(QUIET)
            workspace = self.session.fleets[root]
            if workspace.pending:
                continue
            whole = await asyncio.to_thread(whole_judged, workspace)
            if self.session.fleets[root] is workspace:
                self.session.fleets[root] = replace(workspace, whole=whole or workspace.whole)
                self.publish(root)
                return

    async def _clusters(self, root: File) -> bool:
        """Judge what is pending, with progress; False when the person has stopped it."""
        token = await self._begun(len(self.session.fleets[root].pending))
        loop = asyncio.get_running_loop()
        most, last, stopped = 0, loop.time(), False
        while not stopped and (pending := self.session.fleets[root].pending):
            most = max(most, len(pending))
            self.session.fleets[root] = next_judged(self.session.fleets[root])
            await asyncio.sleep(PAUSE)
            if loop.time() - last > QUIET:
                last = loop.time()
                self.publish(root)
                self._report(token, most - len(pending) + 1, most)
            stopped = token is not None and self.work_done_progress.tokens[token].cancelled()
        self.publish(root)
        if token is not None:
            self.work_done_progress.end(token, lsp.WorkDoneProgressEnd())
        return not stopped

    async def _begun(self, number: int) -> str | None:
        window = self.client_capabilities.window
        if number < WORTH_SHOWING or window is None or not window.work_done_progress:
            return None
        token = f"nearedge-{id(object())}"
        await self.work_done_progress.create_async(token)
        begin = lsp.WorkDoneProgressBegin(
            "nearedge check", cancellable=True, message=f"{number} clusters", percentage=0
        )
        self.work_done_progress.begin(token, begin)
        return token

    def _report(self, token: str | None, done: int, most: int) -> None:
        if token is not None:
            told = lsp.WorkDoneProgressReport(
                message=f"{done} of {most} clusters", percentage=100 * done // max(most, 1)
            )
            self.work_done_progress.report(token, told)


def _touch(one: lsp.Range, other: lsp.Range) -> bool:
    first, second = (
        (item.start.line, item.start.character, item.end.line, item.end.character) for item in (one, other)
    )
    return first[:2] <= second[2:] and second[:2] <= first[2:]
