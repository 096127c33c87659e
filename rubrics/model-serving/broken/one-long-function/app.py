"""The model over HTTP, with one function for every path."""

from __future__ import annotations

import asyncio
import json
import logging
import os
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

from model import InstanceError, Model, ModelError, load

MAX_BODY_BYTES = 2**20

log = logging.getLogger("app")


class Holder:
    """Where the model will be once it is loaded."""

    def __init__(self) -> None:
        self.model: Model | None = None


def create_app(holder: Holder) -> FastAPI:
    """Build the service around a model that may come later."""
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)

    @app.api_route("/{path:path}", methods=["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"])
    async def handle(path: str, request: Request) -> JSONResponse:
        if path not in {"health", "ready", "predict", "predict/batch"}:
            return JSONResponse({"error": "not found"}, 404)
        if request.method != ("POST" if path.startswith("predict") else "GET"):
            return JSONResponse({"error": "method not allowed"}, 405)
        if path == "health":
            return JSONResponse({"status": "ok"})
        model = holder.model
        if model is None:
            return JSONResponse({"error": "the model is still being loaded"}, 503)
        if path == "ready":
            return JSONResponse({"status": "ready", "model": model.name, "version": model.version})
        received = bytearray()
        async for chunk in request.stream():
            received += chunk
            if len(received) > MAX_BODY_BYTES:
                return JSONResponse({"error": "the body is too large"}, 413)
        try:
            body: Any = json.loads(received)
        except ValueError as error:
            return JSONResponse({"error": f"the body is not JSON: {error}"}, 400)
        field = "instances" if path == "predict/batch" else "instance"
        if not isinstance(body, dict) or set(body) != {field}:
            return JSONResponse({"error": f"the body must be an object with {field}"}, 422)
        instances = body[field] if field == "instances" else [body[field]]
        if not isinstance(instances, list):
            return JSONResponse({"error": "instances must be a list"}, 422)
        if not 1 <= len(instances) <= 256:
            return JSONResponse({"error": "a batch has 1 to 256 instances"}, 422)
        predictions = []
        for position, instance in enumerate(instances):
            if not isinstance(instance, dict):
                return JSONResponse({"error": f"instances.{position}: not an object"}, 422)
            for name, value in instance.items():
                if isinstance(value, bool) or not isinstance(value, int | float):
                    return JSONResponse({"error": f"instances.{position}: {name} is no number"}, 422)
                if not -1_000_000 <= value <= 1_000_000:
                    return JSONResponse({"error": f"instances.{position}: {name} is out of range"}, 422)
            try:
                prediction = model.predict(instance)
            except InstanceError as error:
                return JSONResponse({"error": f"instances.{position}: {error}"}, 422)
            predictions.append({"label": prediction.label, "probabilities": prediction.probabilities})
        if field == "instance":
            return JSONResponse(predictions[0])
        return JSONResponse({"predictions": predictions})

    return app


async def serve(path: Path, port: int) -> int:
    """Serve the model in `path` until a signal comes; gives the exit status of the process."""
    holder = Holder()
    config = uvicorn.Config(
        create_app(holder), host="127.0.0.1", port=port, lifespan="off", log_level="warning", access_log=False
    )
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    try:
        holder.model = await asyncio.to_thread(load, path)
    except ModelError as error:
        log.critical("%s", error)
        server.should_exit = True
        await serving
        return 1
    await serving
    return 0


if __name__ == "__main__":
    logging.basicConfig()
    model_path = Path(os.environ.get("MODEL_PATH") or Path(__file__).with_name("model.json"))
    raise SystemExit(asyncio.run(serve(model_path, int(os.environ.get("PORT", "8000")))))
