"""The inventory over HTTP.

All routes are coroutines that never wait, so each request has the inventory to itself until it is answered.
"""

from __future__ import annotations

import os
from typing import Annotated

import uvicorn
from fastapi import FastAPI, Header, Query, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field, model_validator

from inventory import ConflictError, Inventory, InventoryError, Item, ItemChanges, Page, Reservation

Sku = Annotated[str, Field(pattern=r"\A[A-Z0-9-]{1,40}\z")]
Text = Annotated[str, Field(min_length=1, max_length=100)]


class RequestBody(BaseModel):
    """Base of all bodies: no unknown fields, and `"3"` is no number."""

    model_config = ConfigDict(extra="forbid", strict=True)


class NewItem(RequestBody):
    """Body of `POST /items`."""

    sku: Sku
    name: Text
    category: Text
    quantity: int = Field(ge=0)


class ItemPatch(RequestBody):
    """Body of `PATCH /items/{sku}`: at least one of the fields. None means "not given"; it is no valid value."""

    name: Text = Field(default=None)
    category: Text = Field(default=None)
    quantity: int = Field(default=None, ge=0)

    @model_validator(mode="after")
    def _changes_something(self) -> ItemPatch:
        if not self.model_fields_set:
            raise ValueError("give at least one of name, category, quantity")
        return self


class NewReservation(RequestBody):
    """Body of `POST /items/{sku}/reservations`."""

    quantity: int = Field(ge=1)


def create_app() -> FastAPI:
    """Build the service with an inventory of its own."""
    inventory = Inventory()
    app = FastAPI(title="Inventory")
    app.add_exception_handler(InventoryError, _refused)

    @app.get("/health")
    async def health() -> dict[str, str]:
        return {"status": "ok"}

    @app.post("/items", status_code=201)
    async def add_item(body: NewItem) -> Item:
        item = Item(**body.model_dump())
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
    async def change_item(sku: str, body: ItemPatch) -> Item:
        return inventory.change(sku, ItemChanges(**body.model_dump()))

    @app.delete("/items/{sku}", status_code=204)
    async def remove_item(sku: str) -> Response:
        inventory.remove(sku)
        return Response(status_code=204)

    @app.post("/items/{sku}/reservations", status_code=201)
    async def reserve(
        sku: str, body: NewReservation, idempotency_key: Annotated[str | None, Header()] = None
    ) -> Reservation:
        return inventory.reserve(sku, body.quantity, key=idempotency_key)

    return app


def _error(status: int, text: str) -> JSONResponse:
    return JSONResponse({"detail": text}, status)


def _refused(_: Request, error: InventoryError) -> JSONResponse:
    return _error(409 if isinstance(error, ConflictError) else 404, str(error))


if __name__ == "__main__":
    uvicorn.run(
        create_app(),
        host="127.0.0.1",
        port=int(os.environ.get("PORT", "8000")),
        lifespan="off",
        log_level="warning",
        access_log=False,
    )
