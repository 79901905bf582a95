"""What can be read and completed of the command line: examples, manual pages, words for shells.

All of it is made of the parsers themselves, so that nothing is said twice.

Comes in: parsers, and a line that somebody types. Goes out: text. Not here: what commands do.
"""
