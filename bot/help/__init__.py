"""Help articles: the causes behind error codes, for users and for people who run the server.

Their figures come from the constants of other packages, so it may use every package of the bot.
"""
