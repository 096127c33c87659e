"""The model over HTTP: listens at once, loads the model meanwhile, predicts from then on."""

from __future__ import annotations

import asyncio
import logging
import os
from pathlib import Path
from typing import Annotated, Any

import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.exceptions import HTTPException

from model import InstanceError, Model, Prediction, load

MAX_BODY_BYTES = 2**20
MAX_INSTANCES = 256
MAX_VALUE = 1_000_000

log = logging.getLogger("app")

Value = Annotated[float, Field(strict=True, ge=-MAX_VALUE, le=MAX_VALUE)]
Instance = dict[str, Value]


class Body(BaseModel):
    """Base of all bodies: no unknown fields."""

    model_config = ConfigDict(extra="forbid")


class Single(Body):
    """Body of `POST /predict`."""

    instance: Instance


class Batch(Body):
    """Body of `POST /predict/batch`."""

    instances: Annotated[list[Instance], Field(min_length=1, max_length=MAX_INSTANCES)]


class Holder:
    """Where the model will be once it is loaded."""

    def __init__(self) -> None:
        self.model: Model | None = None

    def loaded(self) -> Model:
        """The model.

        Raises:
            HTTPException: 503, not loaded yet.
        """
        if self.model is None:
            raise HTTPException(503, "the model is still being loaded")
        return self.model


def create_app(holder: Holder) -> FastAPI:
    """Build the service around a model that may come later."""
    app = FastAPI(title="Model serving", openapi_url=None)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(ValidationError, _invalid)
    app.add_exception_handler(InstanceError, _unfit)

    @app.get("/health")
    async def health() -> dict[str, str]:
        return {"status": "ok"}

    @app.get("/ready")
    async def ready() -> dict[str, str]:
        model = holder.loaded()
        return {"status": "ready", "model": model.name, "version": model.version}

    @app.post("/predict")
    async def predict(request: Request) -> JSONResponse:
        model = holder.loaded()
        body = Single.model_validate_json(await _body_of(request))
        return JSONResponse(_shown(model.predict(body.instance)))

    @app.post("/predict/batch")
    async def predict_batch(request: Request) -> JSONResponse:
        model = holder.loaded()
        body = Batch.model_validate_json(await _body_of(request))
        # in a thread: health checks are answered while a large batch is worked on
        predictions = await asyncio.to_thread(_predict_all, model, body.instances)
        return JSONResponse({"predictions": [_shown(prediction) for prediction in predictions]})

    return app


def _predict_all(model: Model, instances: list[Instance]) -> list[Prediction]:
    predictions = []
    for position, instance in enumerate(instances):
        try:
            predictions.append(model.predict(instance))
        except Exception as error:
            raise InstanceError(f"instances.{position}: {error}")
    return predictions


def _shown(prediction: Prediction) -> dict[str, Any]:
    return {"label": prediction.label, "probabilities": prediction.probabilities}


async def _body_of(request: Request) -> bytes:
    """The body, of which no more is read than is allowed.

    Raises:
        HTTPException: 413, it is longer.
    """
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            raise HTTPException(413, f"a body may have {MAX_BODY_BYTES} bytes")
    return bytes(body)


def _error(status: int, text: str) -> JSONResponse:
    return JSONResponse({"error": text}, status)


def _http_error(_: Request, error: HTTPException) -> JSONResponse:
    return _error(error.status_code, str(error.detail))


def _invalid(_: Request, error: ValidationError) -> JSONResponse:
    problems = (f"{'.'.join(map(str, problem['loc']))}: {problem['msg']}" for problem in error.errors())
    return _error(422, "; ".join(problems))


def _unfit(_: Request, error: InstanceError) -> JSONResponse:
    return _error(422, str(error))


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
    except Exception:
        log.critical("the model cannot be used")
        server.should_exit = True
        await serving
        return 1
    await serving
    return 0


if __name__ == "__main__":
    logging.basicConfig()
    model_path = Path(os.environ.get("MODEL_PATH") or Path(__file__).with_name("model.json"))
    raise SystemExit(asyncio.run(serve(model_path, int(os.environ.get("PORT", "8000")))))
