"""The engine on a real Ray, two nodes of it on this machine: `make test-ray`, not part of `make test`."""
