"""Alerts: channels of users, delivery, the operator's mail, and Sentry.

It may use users, mail, outbox, history, network, vault and the packages below.
"""
