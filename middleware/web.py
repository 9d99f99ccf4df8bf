"""`python -m middleware.web`: gunicorn with gunicorn.conf.py. Further arguments are gunicorn's own."""

import sys

from bot.config.environment import Config
from bot.operations.last_words import last_words

if __name__ == "__main__":
    with last_words():
        Config.from_env()
    # Its import already reads WEB_CONCURRENCY, and fails with a traceback if that is not a number.
    from gunicorn.app.wsgiapp import run

    sys.argv[:] = ["gunicorn", *sys.argv[1:], "wsgi:app"]
    run(prog="gunicorn")
