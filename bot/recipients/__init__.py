"""Lists of recipients as people have them: files, tables, pasted text. If a list is ambiguous, it asks.

It may use inputs and core alone.
"""
