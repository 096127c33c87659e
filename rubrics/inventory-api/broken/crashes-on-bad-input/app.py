"""The inventory over HTTP."""

from __future__ import annotations

import os
from typing import Annotated

import uvicorn
from fastapi import FastAPI, Header, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from inventory import ConflictError, Inventory, InventoryError, Item, ItemChanges, Page, Reservation


def create_app() -> FastAPI:
    """Build the service with an inventory of its own."""
    inventory = Inventory()
    app = FastAPI(title="Inventory")
    app.add_exception_handler(InventoryError, _refused)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http_error)

    @app.get("/health")
    async def health() -> dict[str, str]:
        return {"status": "ok"}

    @app.post("/items", status_code=201)
    async def add_item(request: Request) -> Item:
        item = Item(**await request.json())
        inventory.add(item)
        return item

    @app.get("/items")
    async def list_items(
        category: str | None = None,
        limit: Annotated[int, Query(ge=1, le=100)] = 20,
        offset: Annotated[int, Query(ge=0)] = 0,
    ) -> Page:
        return inventory.page(category=category, limit=limit, offset=offset)

    @app.get("/items/{sku}")
    async def get_item(sku: str) -> Item:
        return inventory.get(sku)

    @app.patch("/items/{sku}")
    async def change_item(sku: str, request: Request) -> Item:
        return inventory.change(sku, ItemChanges(**await request.json()))

    @app.delete("/items/{sku}", status_code=204)
    async def remove_item(sku: str) -> Response:
        inventory.remove(sku)
        return Response(status_code=204)

    @app.post("/items/{sku}/reservations", status_code=201)
    async def reserve(
        sku: str, request: Request, idempotency_key: Annotated[str | None, Header()] = None
    ) -> Reservation:
        body = await request.json()
        return inventory.reserve(sku, body["quantity"], key=idempotency_key)

    return app


def _error(status: int, text: str) -> JSONResponse:
    return JSONResponse({"error": text}, status)


def _refused(_: Request, error: InventoryError) -> JSONResponse:
    return _error(409 if isinstance(error, ConflictError) else 404, str(error))


def _invalid(_: Request, error: RequestValidationError) -> JSONResponse:
    problems = (f"{'.'.join(map(str, problem['loc']))}: {problem['msg']}" for problem in error.errors())
    return _error(422, "; ".join(problems))


def _http_error(_: Request, error: HTTPException) -> JSONResponse:
    return _error(error.status_code, str(error.detail))


if __name__ == "__main__":
    uvicorn.run(
        create_app(),
        host="127.0.0.1",
        port=int(os.environ.get("PORT", "8000")),
        lifespan="off",
        log_level="warning",
        access_log=False,
    )
