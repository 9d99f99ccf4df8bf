"""Results: the steps of a period by their end, and what came of them: follow-backs, accepted requests, answers.

It may use actions and the packages below.
"""
