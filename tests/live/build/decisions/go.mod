// What is required is pinned by the go.mod of the Kueue that it is built for (-modfile, tests/live/binaries.py).
module nearedge/live/decisions

go 1.26.0
