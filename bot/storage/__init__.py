"""The database: models, engine, roles, the scope of one tenant, the schema, and the lock of a bot.

It may use config and what is below; it knows no rule of the product.
"""
