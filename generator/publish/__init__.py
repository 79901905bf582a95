"""From specs on disk to a pull request: commit, push, open or update it.

    checkout -> render -> commit -> land (fetch, merge, render again, push) -> pull request -> comment

`git/command.py` runs git as the user would; `remote.py` moves one ref of a remote forward and nothing else; `merge.py` brings
two heads together, where generated files are made anew and never merged. Forges stand behind one protocol (`forge.py`).
Everything that waits shares one bound (`patience.py`). Nothing here is imported by another command but `rollout`.

Comes in: a checkout with edits. Goes out: a pushed branch and a pull request. Not here: rings, which are rollout/.
"""
