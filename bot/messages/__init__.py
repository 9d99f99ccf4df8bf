"""Messages: templates, previews, exclusions, and deliveries that happen at most once.

It may use actions, recipients, contacts and the packages below.
"""
