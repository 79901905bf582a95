"""What an edit does: both sides compiled, compared, and what follows from each difference.

Comes in: specs of a commit and of now. Goes out: a `Plan`. Not here: its wording, which is report/plan/.
"""
