import os

import uvicorn
from fastapi import FastAPI, Header, HTTPException, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

app = FastAPI()
items = {}
reservations = {}


class Item(BaseModel):
    sku: str = Field(min_length=1, max_length=40)
    name: str = Field(min_length=1, max_length=100)
    category: str = Field(min_length=1, max_length=100)
    quantity: int = Field(ge=0)


class Reservation(BaseModel):
    quantity: int = Field(gt=0)


@app.exception_handler(HTTPException)
async def error_handler(request: Request, exc: HTTPException):
    return JSONResponse({"error": exc.detail}, status_code=exc.status_code)


@app.get("/health")
async def health():
    return {"status": "ok"}


@app.post("/items", status_code=201)
async def create(item: Item):
    if item.sku in items:
        raise HTTPException(409, "item exists")
    items[item.sku] = item
    return item


@app.get("/items")
async def get_all(category: str = None, limit: int = 20, offset: int = 0):
    result = [i for i in items.values() if category is None or i.category == category]
    result.sort(key=lambda i: i.sku)
    return {"items": result[offset : offset + limit], "total": len(result)}


@app.get("/items/{sku}")
async def get_one(sku: str):
    if sku not in items:
        raise HTTPException(404, "item not found")
    return items[sku]


@app.patch("/items/{sku}")
async def update(sku: str, data: dict):
    item = await get_one(sku)
    for key, value in data.items():
        setattr(item, key, value)
    return item


@app.delete("/items/{sku}", status_code=204)
async def delete(sku: str):
    await get_one(sku)
    del items[sku]


@app.post("/items/{sku}/reservations", status_code=201)
async def reserve(sku: str, body: Reservation, idempotency_key: str = Header(None)):
    item = await get_one(sku)
    if idempotency_key in reservations:
        return reservations[idempotency_key]
    if item.quantity < body.quantity:
        raise HTTPException(409, "not enough stock")
    item.quantity -= body.quantity
    result = {"id": len(reservations) + 1, "sku": sku, "quantity": body.quantity}
    if idempotency_key:
        reservations[idempotency_key] = result
    return result


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(os.environ.get("PORT", 8000)))
