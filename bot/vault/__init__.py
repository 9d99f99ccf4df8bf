"""Secrets at rest: the cipher, the sealed columns, and the secrets of a linked account.

It may use storage and the packages below.
"""
