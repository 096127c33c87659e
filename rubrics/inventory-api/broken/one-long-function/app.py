"""The inventory over HTTP."""

from __future__ import annotations

import json
import os
import re
from dataclasses import asdict

import uvicorn
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse

from inventory import ConflictError, Inventory, Item, ItemChanges, ItemNotFoundError


async def answer(inventory: Inventory, request: Request) -> Response:
    """Answer any request."""
    parts = request.url.path.strip("/").split("/")
    body = None
    if request.method in ("POST", "PATCH"):
        try:
            body = json.loads(await request.body())
        except ValueError:
            body = None
    try:
        if parts == ["health"]:
            if request.method == "GET":
                return JSONResponse({"status": "ok"})
            return JSONResponse({"error": "only GET"}, 405)
        elif parts[0] == "items" and len(parts) <= 3:
            if len(parts) == 1:
                if request.method == "GET":
                    limit = request.query_params.get("limit", "20")
                    offset = request.query_params.get("offset", "0")
                    if not re.fullmatch("[0-9]{1,9}", limit) or not 1 <= int(limit) <= 100:
                        return JSONResponse({"error": "limit is not between 1 and 100"}, 422)
                    if not re.fullmatch("[0-9]{1,9}", offset):
                        return JSONResponse({"error": "offset is below 0"}, 422)
                    category = request.query_params.get("category")
                    page = inventory.page(category=category, limit=int(limit), offset=int(offset))
                    return JSONResponse(asdict(page))
                elif request.method == "POST":
                    if not isinstance(body, dict) or set(body) != {"sku", "name", "category", "quantity"}:
                        return JSONResponse({"error": "not an item"}, 422)
                    if not isinstance(body["sku"], str) or not re.fullmatch("[A-Z0-9-]{1,40}", body["sku"]):
                        return JSONResponse({"error": "not a sku"}, 422)
                    for name in ("name", "category"):
                        if not isinstance(body[name], str) or not 1 <= len(body[name]) <= 100:
                            return JSONResponse({"error": f"{name} is wrong"}, 422)
                    if type(body["quantity"]) is not int or body["quantity"] < 0:
                        return JSONResponse({"error": "quantity is wrong"}, 422)
                    inventory.add(Item(**body))
                    return JSONResponse(body, 201)
                return JSONResponse({"error": "only GET and POST"}, 405)
            elif len(parts) == 2:
                if request.method == "GET":
                    return JSONResponse(asdict(inventory.get(parts[1])))
                elif request.method == "DELETE":
                    inventory.remove(parts[1])
                    return Response(status_code=204)
                elif request.method == "PATCH":
                    if not isinstance(body, dict) or not body or set(body) - {"name", "category", "quantity"}:
                        return JSONResponse({"error": "not a change"}, 422)
                    for name, value in body.items():
                        if name == "quantity":
                            if type(value) is not int or value < 0:
                                return JSONResponse({"error": "quantity is wrong"}, 422)
                        elif not isinstance(value, str) or not 1 <= len(value) <= 100:
                            return JSONResponse({"error": f"{name} is wrong"}, 422)
                    return JSONResponse(asdict(inventory.change(parts[1], ItemChanges(**body))))
                return JSONResponse({"error": "only GET, PATCH and DELETE"}, 405)
            elif parts[2] == "reservations":
                if request.method == "POST":
                    if not isinstance(body, dict) or set(body) != {"quantity"}:
                        return JSONResponse({"error": "not a reservation"}, 422)
                    if type(body["quantity"]) is not int or body["quantity"] < 1:
                        return JSONResponse({"error": "quantity is wrong"}, 422)
                    key = request.headers.get("Idempotency-Key")
                    reservation = inventory.reserve(parts[1], body["quantity"], key=key)
                    return JSONResponse(asdict(reservation), 201)
                return JSONResponse({"error": "only POST"}, 405)
    except ItemNotFoundError as error:
        return JSONResponse({"error": str(error)}, 404)
    except ConflictError as error:
        return JSONResponse({"error": str(error)}, 409)
    return JSONResponse({"error": "there is nothing here"}, 404)


def create_app() -> FastAPI:
    """Build the service with an inventory of its own."""
    inventory = Inventory()
    app = FastAPI(title="Inventory")

    @app.api_route("/{path:path}", methods=["GET", "POST", "PATCH", "PUT", "DELETE"])
    async def route(request: Request) -> Response:
        return await answer(inventory, request)

    return app


if __name__ == "__main__":
    uvicorn.run(
        create_app(),
        host="127.0.0.1",
        port=int(os.environ.get("PORT", "8000")),
        lifespan="off",
        log_level="warning",
        access_log=False,
    )
