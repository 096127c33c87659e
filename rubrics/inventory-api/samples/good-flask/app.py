"""The inventory over HTTP, with Flask."""

import os
from dataclasses import asdict
from typing import Any

from flask import Flask, request
from werkzeug.exceptions import HTTPException

import bodies
from stock import Refused, Stock

Answer = tuple[dict[str, Any], int]


def create_app() -> Flask:
    """Build the application with an empty stock."""
    app = Flask(__name__)
    stock = Stock()

    @app.get("/health")
    def health() -> Answer:
        return {"status": "ok"}, 200

    @app.get("/items")
    def list_items() -> Answer:
        limit = bodies.page_number(request.args.get("limit", "20"), "limit", 1, 100)
        offset = bodies.page_number(request.args.get("offset", "0"), "offset", 0)
        items = stock.matching(request.args.get("category"))
        page = [asdict(item) for item in items[offset : offset + limit]]
        return {"items": page, "total": len(items)}, 200

    @app.post("/items")
    def add_item() -> Answer:
        return asdict(stock.add(bodies.item(request.get_data()))), 201

    @app.get("/items/<sku>")
    def get_item(sku: str) -> Answer:
        return asdict(stock.get(sku)), 200

    @app.patch("/items/<sku>")
    def change_item(sku: str) -> Answer:
        changes = bodies.changes(request.get_data())
        return asdict(stock.change(sku, changes)), 200

    @app.delete("/items/<sku>")
    def remove_item(sku: str) -> tuple[str, int]:
        stock.remove(sku)
        return "", 204

    @app.post("/items/<sku>/reservations")
    def reserve(sku: str) -> Answer:
        quantity = bodies.reservation(request.get_data())
        return asdict(stock.reserve(sku, quantity, request.headers.get("Idempotency-Key"))), 201

    @app.errorhandler(Refused)
    def refused(error: Refused) -> Answer:
        return {"error": str(error)}, error.status

    @app.errorhandler(bodies.InvalidInput)
    def invalid(error: bodies.InvalidInput) -> Answer:
        return {"error": str(error)}, 400

    @app.errorhandler(HTTPException)
    def http_error(error: HTTPException) -> Answer:
        return {"error": error.description or error.name}, error.code or 500

    return app


if __name__ == "__main__":
    create_app().run(host="127.0.0.1", port=int(os.environ.get("PORT", "8000")), threaded=True)
