"""Compares what our stand-in takes of GitHub's API with GitHub's own description (OpenAPI, one JSON file).

Ours must be a part of theirs: every path, field and word that we use is there, with the type that we send, and
whatever they require we require too. Theirs are github.com/github/rest-api-description, or the npm package
@octokit/openapi (generated/api.github.com.json).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

OURS = Path(__file__).parents[2] / "tests" / "api" / "forges" / "github_api.json"
Node = Mapping[str, Any]


def run(file: Path) -> int:
    """Print what differs; returns how much."""
    theirs = json.loads(file.read_text("utf-8"))
    problems, compared = [], 0
    for name, operation in json.loads(OURS.read_text("utf-8")).items():
        found = theirs["paths"].get(operation["path"], {}).get(operation["method"])
        if found is None or found.get("operationId") != name:
            problems.append(f"{name}: there is no {operation['method'].upper()} {operation['path']}")
            continue
        compared += 1
        if "request" in operation:
            schema = _content(theirs, found["requestBody"])
            problems += _compare(theirs, operation["request"], schema, name, required=True)
        answer = _content(theirs, found["responses"]["200" if "200" in found["responses"] else "201"])
        problems += _compare(theirs, operation["answer"], answer, f"{name} answer", required=False)
    print(f"{theirs['info']['title']} {theirs['info']['version']}: {compared} operations compared")
    print("\n".join(problems) or "  ours is a part of theirs")
    return len(problems)


def _content(document: Node, node: Node) -> Node:
    schema: Node = _resolved(document, node)["content"]["application/json"]["schema"]
    return schema


def _resolved(document: Node, node: Node) -> Node:
    while "$ref" in node:
        found: Any = document
        for part in node["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        node = found
    return node


def _compare(document: Node, ours: Node, theirs: Node, where: str, *, required: bool) -> Iterator[str]:
    whole = _resolved(document, theirs)
    variants: Sequence[Node] = [whole]
    for word in ("oneOf", "anyOf", "allOf"):
        variants = [*variants, *(_resolved(document, one) for one in whole.get(word, ()))]
    kinds = {kind for one in variants for kind in _kinds(one)}
    if kinds and ours.get("type") not in kinds:
        yield f"{where}: ours is {ours.get('type')}, theirs {sorted(kinds)}"
    words = {word for one in variants for word in one.get("enum", ())}
    if words and not set(ours.get("enum", ())) <= words:
        yield f"{where}: {sorted(set(ours['enum']) - words)} are none of theirs"
    for name, field in ours.get("properties", {}).items():
        found = [one["properties"][name] for one in variants if name in one.get("properties", {})]
        if not found:
            yield f"{where}.{name}: there is no such field"
        else:
            either = found[0] if len(found) == 1 else {"anyOf": found}
            yield from _compare(document, field, either, f"{where}.{name}", required=required)
    if required:
        missing = set(whole.get("required", ())) - set(ours.get("required", ()))
        if missing:
            yield f"{where}: they require {sorted(missing)}"
    for limit in ("maxItems", "maxLength"):
        if limit in whole and ours.get(limit, float("inf")) > whole[limit]:
            yield f"{where}: {limit} is {whole[limit]}"
    if "items" in ours:
        items: Node = next((one["items"] for one in variants if "items" in one), {})
        yield from _compare(document, ours["items"], items, f"{where}[]", required=required)


def _kinds(node: Node) -> Sequence[str]:
    kind = node.get("type", ())
    return [kind] if isinstance(kind, str) else list(kind)
