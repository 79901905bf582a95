"""The Language Server Protocol, by pygls (`nearedge[lsp]`): the only package that knows of it."""
