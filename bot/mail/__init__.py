"""Mails: the outbox, delivery by SMTP, their texts and the tokens of their links.

It may use history, vault, network, storage and what is below.
"""
