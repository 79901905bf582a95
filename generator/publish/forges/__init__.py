"""GitHub, GitLab and Gitea: pull requests, asked for once each.

Comes in: a place and a token. Goes out: a pull request, or what stands against it. Not here: commits and pushes.
"""
