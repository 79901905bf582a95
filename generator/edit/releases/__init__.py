"""From one release of nearedge to a newer one: the notes of each release as steps, and what a repository has of them.

    repository -> steps that concern it -> texts, and what a person has to do

A step says which release brought it, how it is recognised, and what it writes or asks for. `steps.py` is the one list;
CHANGELOG.md has the same under "Upgrade notes" of each release.

Comes in: a repository. Goes out: an edit and sentences. Not here: writing files, and judging the result.
"""
