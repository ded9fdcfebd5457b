"""Django's settings for tests: the environment is made ready before it is read."""

from tests import databases

databases.prepare()

from tasuki.server.settings import *  # noqa: E402, F403

STATIC_ROOT.mkdir(parents=True, exist_ok=True)  # noqa: F405
