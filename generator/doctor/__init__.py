"""What a machine and a repository have of what nearedge needs, and what is to be done where they lack it.

Comes in: the folder of a repository. Goes out: frozen items, the same whether somebody reads or parses them. Not here: how
they are shown (`report/doctor.py`), and any change: the doctor prescribes, it does not operate.
"""
