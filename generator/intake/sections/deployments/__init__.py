"""Deployments that are model servers, and what lies around them.

Comes in: the objects of a site. Goes out: items of `serving` with what they were read from. Not here: InferenceServices.
"""

from .read import read

__all__ = ["read"]
