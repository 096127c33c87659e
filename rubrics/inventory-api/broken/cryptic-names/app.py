"""The inventory over HTTP.

All routes are coroutines that never wait, so each request has the inventory to itself until it is answered.
"""

from __future__ import annotations

import os
from typing import Annotated

import uvicorn
from fastapi import FastAPI, Header, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field, model_validator
from starlette.exceptions import HTTPException

from inventory import ConflictError, Inventory, InventoryError, Item, ItemChanges, Page, Reservation

Sku = Annotated[str, Field(pattern=r"\A[A-Z0-9-]{1,40}\z")]
Text = Annotated[str, Field(min_length=1, max_length=100)]


class RequestBody(BaseModel):

    model_config = ConfigDict(extra="forbid", strict=True)


class NewItem(RequestBody):

    sku: Sku
    name: Text
    category: Text
    quantity: int = Field(ge=0)


class ItemPatch(RequestBody):

    name: Text = Field(default=None)
    category: Text = Field(default=None)
    quantity: int = Field(default=None, ge=0)

    @model_validator(mode="after")
    def _changes_something(self) -> ItemPatch:
        if not self.model_fields_set:
            raise ValueError("give at least one of name, category, quantity")
        return self


class NewReservation(RequestBody):

    quantity: int = Field(ge=1)


def create_app() -> FastAPI:
    data = Inventory()
    app = FastAPI(title="Inventory")
    app.add_exception_handler(InventoryError, _f1)
    app.add_exception_handler(RequestValidationError, _f2)
    app.add_exception_handler(HTTPException, _f3)

    @app.get("/health")
    async def health() -> dict[str, str]:
        return {"status": "ok"}

    @app.post("/items", status_code=201)
    async def do_it(d: NewItem) -> Item:
        tmp = Item(**d.model_dump())
        data.add(tmp)
        return tmp

    @app.get("/items")
    async def do_it2(
        category: str | None = None,
        limit: Annotated[int, Query(ge=1, le=100)] = 20,
        offset: Annotated[int, Query(ge=0)] = 0,
    ) -> Page:
        return data.page(category=category, limit=limit, offset=offset)

    @app.get("/items/{sku}")
    async def do_it3(sku: str) -> Item:
        return data.get(sku)

    @app.patch("/items/{sku}")
    async def do_stuff(sku: str, d: ItemPatch) -> Item:
        return data.change(sku, ItemChanges(**d.model_dump()))

    @app.delete("/items/{sku}", status_code=204)
    async def do_stuff2(sku: str) -> Response:
        data.remove(sku)
        return Response(status_code=204)

    @app.post("/items/{sku}/reservations", status_code=201)
    async def reserve(
        sku: str, d: NewReservation, idempotency_key: Annotated[str | None, Header()] = None
    ) -> Reservation:
        return data.reserve(sku, d.quantity, key=idempotency_key)

    return app


def _error(status: int, text: str) -> JSONResponse:
    return JSONResponse({"error": text}, status)


def _f1(_: Request, x: InventoryError) -> JSONResponse:
    return _error(409 if isinstance(x, ConflictError) else 404, str(x))


def _f2(_: Request, x: RequestValidationError) -> JSONResponse:
    lst = (f"{'.'.join(map(str, obj['loc']))}: {obj['msg']}" for obj in x.errors())
    return _error(422, "; ".join(lst))


def _f3(_: Request, x: HTTPException) -> JSONResponse:
    return _error(x.status_code, str(x.detail))


if __name__ == "__main__":
    uvicorn.run(
        create_app(),
        host="127.0.0.1",
        port=int(os.environ.get("PORT", "8000")),
        lifespan="off",
        log_level="warning",
        access_log=False,
    )
