"""nearedge: compiles cluster specs into Kustomize bases, overlays and ACM objects.

`pipeline.py` shows the whole flow; read it first.
"""

__version__ = "0.2.0"
