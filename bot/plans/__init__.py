"""The plan of an action: the sources of its people or posts, and the steps for each. A file is a source or a step.

It may use messages, actions and the packages below.
"""
