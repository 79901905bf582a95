"""Findings as other programs read them.

Comes in: findings and waivers. Goes out: text in a form that GitHub, JUnit's readers or SARIF's know. Not here: words for people.
"""
