"""Unknown query parameters are refused: a misspelt filter that is ignored would give everything."""

from __future__ import annotations

from fastapi import Request
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from api.problems import Invalid


def known_parameters_only(request: Request) -> None:
    """Check the names of the query parameters against those that the route declares.

    Raises:
        Invalid: there is one that the route does not have, or one is there twice.
    """
    route = request.scope["route"]
    assert isinstance(route, APIRoute)
    known = _declared(route.dependant)
    errors = {}
    for name in request.query_params:
        if name not in known:
            errors[name] = "no such parameter" + (f"; there are {', '.join(sorted(known))}" if known else "")
        elif len(request.query_params.getlist(name)) > 1:
            errors[name] = "given more than once"
    if errors:
        listed = "; ".join(f"{name}: {message}" for name, message in errors.items())
        raise Invalid(f"The query is not valid. {listed}", errors=errors)


def _declared(dependant: Dependant) -> set[str]:
    own = {field.alias for field in dependant.query_params}
    return own.union(*(_declared(inner) for inner in dependant.dependencies))
