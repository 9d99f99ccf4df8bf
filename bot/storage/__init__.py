"""The database: models, engine, roles, row scope of a tenant, schema, and the lock of a bot.

It may use config and the packages below. It knows no rule of the product.
"""
