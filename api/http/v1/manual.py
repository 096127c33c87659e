"""/api/v1/docs: the OpenAPI document as a page that can be read, made here: no script, nothing from elsewhere."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final

from fastapi import APIRouter, FastAPI, Request, Response

from api.http.pages import page

router = APIRouter(include_in_schema=False)

METHODS: Final = ("get", "post", "put", "patch", "delete")


@dataclass(frozen=True)
class Field:
    """One parameter, or one key of a body."""

    name: str
    where: str
    kind: str
    required: bool
    description: str


@dataclass(frozen=True)
class Body:
    """What a request or an answer holds."""

    media_types: str
    schema: str
    """Name of the schema, where it has one."""


@dataclass(frozen=True)
class Answer:
    """One status and what it means."""

    status: str
    description: str
    body: Body | None


@dataclass(frozen=True)
class Operation:
    """One method of one address."""

    anchor: str
    method: str
    path: str
    summary: str
    description: str
    parameters: tuple[Field, ...]
    body: Body | None
    answers: tuple[Answer, ...]


@dataclass(frozen=True)
class Group:
    """The operations of one noun."""

    anchor: str
    title: str
    description: str
    operations: tuple[Operation, ...]


@dataclass(frozen=True)
class Schema:
    """The shape of a body."""

    name: str
    description: str
    fields: tuple[Field, ...]
    example: str


@router.get("/docs")
def read_manual(request: Request) -> Response:
    """The page. It says nothing that the code does not: it is made from the OpenAPI document."""
    app: FastAPI = request.app
    document = app.openapi()
    groups, schemas = groups_of(document), schemas_of(document)
    context = {"about": document["info"]["description"], "groups": groups, "schemas": schemas}
    return page(request, "v1/docs.html.j2", context)


def groups_of(document: dict[str, Any]) -> tuple[Group, ...]:
    """The operations by their tags, in the order of the document."""
    found: dict[str, list[Operation]] = {tag["name"]: [] for tag in document["tags"]}
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                found[item[method]["tags"][0]].append(_operation(method, path, item[method]))
    return tuple(
        Group(_anchor(tag["name"]), tag["name"], tag["description"], tuple(found[tag["name"]]))
        for tag in document["tags"]
    )


def _operation(method: str, path: str, told: dict[str, Any]) -> Operation:
    parameters = tuple(
        Field(
            one["name"],
            one["in"],
            kind_of(one["schema"]),
            one.get("required", False),
            one.get("description", one["schema"].get("description", "")),
        )
        for one in told.get("parameters", ())
    )
    answers = tuple(
        Answer(status, one["description"], _body(one.get("content")))
        for status, one in told["responses"].items()
    )
    return Operation(
        anchor=_anchor(told["summary"]),
        method=method.upper(),
        path=path,
        summary=told["summary"],
        description=told.get("description", ""),
        parameters=parameters,
        body=_body(told.get("requestBody", {}).get("content")),
        answers=answers,
    )


def _body(content: dict[str, Any] | None) -> Body | None:
    if not content:
        return None
    schema = next((_name(one["schema"]) for one in content.values() if "$ref" in one.get("schema", {})), "")
    return Body(", ".join(content), schema)


def schemas_of(document: dict[str, Any]) -> tuple[Schema, ...]:
    """The shapes of bodies that have fields, by name."""
    return tuple(
        Schema(name, told.get("description", ""), _fields(told), _example(told))
        for name, told in sorted(document["components"]["schemas"].items())
        if told.get("properties")
    )


def _fields(told: dict[str, Any]) -> tuple[Field, ...]:
    required = set(told.get("required", ()))
    return tuple(
        Field(name, "", kind_of(one), name in required, one.get("description", ""))
        for name, one in told["properties"].items()
    )


def _example(told: dict[str, Any]) -> str:
    examples = told.get("examples", ())
    return json.dumps(examples[0], indent=2, ensure_ascii=False) if examples else ""


def kind_of(schema: dict[str, Any]) -> str:
    """The type of a value, in a few words."""
    if "$ref" in schema:
        return _name(schema)
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(kind_of(one) for one in schema["anyOf"]))
    if "enum" in schema:
        return " | ".join(json.dumps(one) for one in schema["enum"])
    if "const" in schema:
        return json.dumps(schema["const"])
    kind = str(schema.get("type", "anything"))
    if kind == "array":
        return f"list of {kind_of(schema['items'])}" if "items" in schema else "list"
    limits = [f"{word} {schema[key]}" for key, word in _LIMITS.items() if key in schema]
    known = schema.get("format", "")
    return ", ".join([f"{kind} ({known})" if known else kind, *limits])


_LIMITS: Final = {
    "minimum": "at least",
    "maximum": "at most",
    "minLength": "length at least",
    "maxLength": "length at most",
}


def _name(schema: dict[str, Any]) -> str:
    return str(schema["$ref"]).rpartition("/")[2]


def _anchor(title: str) -> str:
    return title.lower().replace(" ", "-")
