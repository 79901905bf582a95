"""Pods as the Pod Security Standard sees them.

Comes in: final objects. Goes out: what pods may not do, and where. Not here: who asks, and what else is proven.
"""
