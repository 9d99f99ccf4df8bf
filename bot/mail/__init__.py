"""Mails: their storage, delivery by SMTP, texts, and the tokens of their links.

It may use outbox, history, vault, network, storage and the packages below.
"""
