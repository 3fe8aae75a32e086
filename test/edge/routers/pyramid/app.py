"""A Python application that decodes a path twice, and answers each request with its own reading of it.

The server, waitress, decodes the request target into PATH_INFO (PEP 3333). The view passes `request.path_info` to
`pyramid.traversal.traverse`, which expects a path that is still encoded: it decodes it again, drops empty and `.`
segments, and resolves `..`. The first decoding is the server's, the second one the framework's, by the view's mistake.

Usage: app.py PORT
"""

import sys

from pyramid.config import Configurator
from pyramid.exceptions import URLDecodeError
from pyramid.traversal import traverse
from waitress import serve


class Branch:
    """A resource that has named children, or a child for every name."""

    # Pyramid looks for the root of a tree by these.
    __parent__ = None
    __name__ = ""

    def __init__(self, route=None, tenant=None, children=None, child=None):
        self.route = route
        self.tenant = tenant
        self.children = children or {}
        self.child = child

    def __getitem__(self, name):
        if name in self.children:
            return self.children[name]
        if self.child is None:
            raise KeyError(name)
        return self.child(name)


def below(route, tenant=None):
    """A resource whose descendants are all of the same route."""
    return Branch(route, tenant, child=lambda name: below(route, tenant))


def tenants_of(route):
    """A child for each tenant."""
    return lambda name: below(route, name)


ROOT = Branch(
    children={
        "v1": Branch(
            "/v1/{**}",
            children={
                "tenants": Branch("/v1/{**}", child=tenants_of("/v1/tenants/{tenant}")),
                "events": Branch("/v1/events", child=lambda name: below("/v1/{**}")),
            },
            child=lambda name: below("/v1/{**}"),
        ),
        "hls": Branch(child=tenants_of("/hls/{tenant}")),
        "hooks": Branch(child=lambda name: Branch("/hooks/{*}")),
        "login": Branch("/login", children={"callback": Branch("/login/callback")}),
        ".well-known": Branch(children={"jwks.json": Branch("/.well-known/jwks.json")}),
        "internal": below("/internal/{**}"),
        "admin": below("/admin/{**}"),
    }
)


def reading(request, route, tenant, path):
    """The body of every response."""
    return {"route": route, "tenant": tenant, "path": path, "caller": request.headers.get("x-tenant")}


def unrouted(request, status):
    """The answer where no route matches."""
    request.response.status_int = status
    request.response.headers["x-read-by"] = "pyramid"
    return reading(request, None, None, request.environ["PATH_INFO"])


def read(request):
    """The view of every path."""
    try:
        found = traverse(ROOT, request.path_info)
    except (URLDecodeError, UnicodeError):
        return unrouted(request, 400)
    resource = found["context"]
    if found["view_name"] or resource.route is None:
        return unrouted(request, 404)
    request.response.headers["x-read-by"] = "pyramid"
    return reading(request, resource.route, resource.tenant, request.path_info)


def undecodable(_error, request):
    """The view of a path that is not UTF-8 after the server's decoding."""
    return unrouted(request, 400)


def main(port):
    with Configurator() as config:
        config.add_route("all", "/*path")
        config.add_view(read, route_name="all", renderer="json")
        config.add_exception_view(undecodable, context=URLDecodeError, renderer="json")
        serve(config.make_wsgi_app(), listen=f"127.0.0.1:{port}", threads=8, _quiet=True)


main(int(sys.argv[1]))
