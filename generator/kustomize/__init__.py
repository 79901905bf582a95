"""What kustomize makes of a folder: by the real program, and by our own reading of the small part that we write.

Comes in: folders of bases and overlays. Goes out: manifests. Not here: how folders are made of manifests, which is
overlays/.
"""
