"""Messages: templates, previews, exclusions, and the delivery that happens at most once.

It may use actions, recipients, contacts and what is below.
"""
