"""HTTP that both faces share: reading, ids, hosts, throttle, origin, access, headers and failures.

It may use bot/; api/ and web/ may use it, jobs/ may not.
"""
