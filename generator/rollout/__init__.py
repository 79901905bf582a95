"""Rings: which commit each of them holds, how they move forward and back, and how long that takes on every site.

    history -> position -> status            what is where, from Git's objects alone
    position -> move -> step                 a plan of one ring, its dangers, and the commit that moves the ring
    plan -> simulate -> timeline             bytes, links and windows as hours

A ring follows a branch. Every move of it, forward or back, is a *step*: a commit on that branch which holds exactly the
tree of some commit of the main branch. So a ring's ref never goes back, nobody has to force a push, and the history of
a ring, with what was acknowledged, is `git log --first-parent` of its branch.

Comes in: a repository with its rings. Goes out: a status, or a commit that moves one ring. Not here: pull requests.
"""
