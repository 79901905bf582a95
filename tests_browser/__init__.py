"""The page of `nearedge report` in a real Chromium: `make test-browser`, not part of `make test`."""
