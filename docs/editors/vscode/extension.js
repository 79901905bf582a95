// Starts `nearedge lsp` for specs; everything else is in the server.
"use strict";

const { workspace } = require("vscode");
const { LanguageClient } = require("vscode-languageclient/node");

let client;

exports.activate = async () => {
  const folder = workspace.workspaceFolders?.[0]?.uri.fsPath ?? "";
  const words = workspace.getConfiguration("nearedge").get("command", ["nearedge"]);
  const [command, ...args] = words.map((word) => word.replaceAll("${workspaceFolder}", folder));
  client = new LanguageClient(
    "nearedge",
    "nearedge",
    { command, args: [...args, "lsp"], options: { cwd: folder || undefined } },
    { documentSelector: [{ scheme: "file", language: "yaml", pattern: "**/clusters/**/*.yaml" }] },
  );
  await client.start();
};

exports.deactivate = () => client?.stop();
