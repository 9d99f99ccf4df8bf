"""Mails: what is kept of them, delivery by SMTP, their texts and the tokens of their links.

It may use outbox, history, vault, network, storage and what is below.
"""
