"""What a bot may do next and when: a pure decision over a snapshot, with the readers of that snapshot.

It may use alerts and what is below.
"""
