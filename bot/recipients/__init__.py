"""Lists of recipients as people have them: files, tables, pasted text. Where it is not sure who is meant, it asks.

It may use inputs and core alone.
"""
