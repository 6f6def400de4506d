#!/usr/bin/env python3
"""django-scim2, a SCIM 2.0 service provider for Django, with its own default adapters.

  django-scim2.py start PORT     in the foreground; prints READY when it serves

INTEROP_TOKEN (tok) is the bearer token, INTEROP_CACHE the folder that keeps the packages.
The database is SQLite in a temporary folder that is removed at the end.
"""
import os
import subprocess
import sys
import tempfile
import textwrap

PKGS = ["django-scim2==0.23.0", "Django==5.2.19"]
CACHE = os.environ.get("INTEROP_CACHE", os.path.expanduser("~/.cache/scim-interop"))
VENV = os.path.join(CACHE, "django-scim2-0.23.0")
TOKEN = os.environ.get("INTEROP_TOKEN", "tok")


def in_venv():
    py = os.path.join(VENV, "bin", "python")
    stamp = os.path.join(VENV, ".installed")
    if not os.path.exists(stamp):
        subprocess.check_call([sys.executable, "-m", "venv", VENV], stdout=sys.stderr)
        subprocess.check_call([py, "-m", "pip", "-q", "--disable-pip-version-check", "install", *PKGS], stdout=sys.stderr)
        open(stamp, "w").close()
    return py


MODELS = '''
from django.contrib.auth.models import AbstractUser
from django.db import models
from django_scim.models import AbstractSCIMGroupMixin, AbstractSCIMUserMixin

class Group(AbstractSCIMGroupMixin):
    name = models.CharField(max_length=200, unique=True)

class User(AbstractSCIMUserMixin, AbstractUser):
    scim_groups = models.ManyToManyField(Group, related_name="user_set")
'''
URLS = '''
from django.urls import include, path
urlpatterns = [path("scim/v2/", include("django_scim.urls"))]
'''
AUTH = '''
import hmac, os
from django.contrib.auth.models import AnonymousUser

class Robot:
    is_authenticated = True
    is_anonymous = False
    pk = 0

class Bearer:
    def __init__(self, get_response):
        self.get_response = get_response
    def __call__(self, request):
        want = "Bearer " + os.environ["INTEROP_TOKEN"]
        got = request.headers.get("Authorization", "")
        request.user = Robot() if hmac.compare_digest(got.encode(), want.encode()) else AnonymousUser()
        return self.get_response(request)
'''


def serve(port):
    import socketserver
    from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server
    with tempfile.TemporaryDirectory(prefix="django-scim2-") as tmp:
        app = os.path.join(tmp, "interop_app")
        os.mkdir(app)
        for name, text in (("__init__.py", ""), ("models.py", MODELS), ("urls.py", URLS), ("auth.py", AUTH)):
            with open(os.path.join(app, name), "w") as f:
                f.write(textwrap.dedent(text))
        sys.path.insert(0, tmp)
        os.environ["INTEROP_TOKEN"] = TOKEN
        import django
        from django.conf import settings
        scim = {"NETLOC": "127.0.0.1:%d" % port, "SCHEME": "http", "GROUP_MODEL": "interop_app.models.Group",
                "WWW_AUTHENTICATE_HEADER": 'Bearer realm="django-scim2"',
                "AUTHENTICATION_SCHEMES": [{"type": "oauthbearertoken", "name": "Bearer", "description": "static token"}]}
        settings.configure(
            SECRET_KEY="interop", DEBUG=False, ALLOWED_HOSTS=["*"], ROOT_URLCONF="interop_app.urls", USE_TZ=True,
            APPEND_SLASH=False, DEFAULT_AUTO_FIELD="django.db.models.AutoField", AUTH_USER_MODEL="interop_app.User",
            INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "django_scim", "interop_app"],
            MIDDLEWARE=["interop_app.auth.Bearer", "django_scim.middleware.SCIMAuthCheckMiddleware"],
            DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": os.path.join(tmp, "db.sqlite3"),
                                   # else two PATCHes at once answer 500 (database is locked)
                                   "OPTIONS": {"timeout": 30, "transaction_mode": "IMMEDIATE", "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF"}}},
            SCIM_SERVICE_PROVIDER=scim)
        django.setup()
        from django.core.management import call_command
        from django.core.wsgi import get_wsgi_application
        call_command("migrate", run_syncdb=True, verbosity=0)

        class Server(socketserver.ThreadingMixIn, WSGIServer):
            daemon_threads = True

        class Quiet(WSGIRequestHandler):
            def log_message(self, *a):
                pass

        httpd = make_server("127.0.0.1", port, get_wsgi_application(), server_class=Server, handler_class=Quiet)
        print("READY http://127.0.0.1:%d/scim/v2" % port, flush=True)
        try:
            httpd.serve_forever()
        except KeyboardInterrupt:
            pass


if __name__ == "__main__":
    if len(sys.argv) != 3 or sys.argv[1] not in ("start", "_serve"):
        sys.exit(__doc__)
    if sys.argv[1] == "start":
        py = in_venv()
        os.execv(py, [py, os.path.abspath(__file__), "_serve", sys.argv[2]])
    import signal
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    serve(int(sys.argv[2]))
