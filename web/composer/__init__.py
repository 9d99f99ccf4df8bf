"""The composer: one page that makes a new action of any kind, from what it does to how it starts.

`pages` has the addresses. `fields` fills and reads the form, `recipients` reads lists of people, `estimates` and
`matches` tell what an action would do, and `obstacles` what would refuse it.
"""

from web.composer.pages import blueprint

__all__ = ["blueprint"]
