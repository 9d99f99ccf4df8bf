"""One reader for each kind of value that people type, and the paging of lists.

It may use core.
"""
