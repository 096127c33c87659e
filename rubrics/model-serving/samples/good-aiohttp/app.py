"""Serves the network with aiohttp."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

from aiohttp import web

from network import BadInstance, BadModel, Network, load

NETWORK: web.AppKey[list[Network]] = web.AppKey("network")
"""Empty until the network is loaded."""
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@web.middleware
async def errors_as_json(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Give every error the form that the brief asks for."""
    try:
        return await handler(request)
    except BadInstance as error:
        return web.json_response({"error": str(error)}, status=422)
    except web.HTTPException as error:
        return web.json_response({"error": error.reason}, status=error.status)


def network_of(request: web.Request) -> Network:
    """The network, or 503."""
    if not request.app[NETWORK]:
        raise web.HTTPServiceUnavailable(reason="the model is being loaded")
    return request.app[NETWORK][0]


async def body_of(request: web.Request, field: str) -> object:
    """The one field of the body."""
    try:
        body = json.loads(await request.read())
    except ValueError as error:
        raise BadInstance(f"the body is not JSON: {error}") from error
    if not isinstance(body, dict) or set(body) != {field}:
        raise BadInstance(f"the body must be an object with {field!r} and nothing else")
    return body[field]


async def health(_: web.Request) -> web.Response:
    return web.json_response({"status": "ok"})


async def ready(request: web.Request) -> web.Response:
    network = network_of(request)
    return web.json_response({"status": "ready", "model": network.name, "version": network.version})


async def predict(request: web.Request) -> web.Response:
    network = network_of(request)
    return web.json_response(network.predict(await body_of(request, "instance")))


async def predict_batch(request: web.Request) -> web.Response:
    network = network_of(request)
    instances = await body_of(request, "instances")
    if not isinstance(instances, list) or not 1 <= len(instances) <= 256:
        raise BadInstance("a batch is a list of 1 to 256 instances")
    predictions = []
    for number, instance in enumerate(instances):
        try:
            predictions.append(network.predict(instance))
        except BadInstance as error:
            raise BadInstance(f"instance {number}: {error}") from error
    return web.json_response({"predictions": predictions})


def build() -> web.Application:
    """An application whose network may come later."""
    app = web.Application(middlewares=[errors_as_json], client_max_size=2**20)
    app[NETWORK] = []
    app.router.add_get("/health", health)
    app.router.add_get("/ready", ready)
    app.router.add_post("/predict", predict)
    app.router.add_post("/predict/batch", predict_batch)
    return app


async def main() -> int:
    """Listen, load, serve for ever."""
    app = build()
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", int(os.environ.get("PORT", "8000"))).start()
    path = Path(os.environ.get("MODEL_PATH") or Path(__file__).with_name("model.json"))
    try:
        app[NETWORK].append(await asyncio.to_thread(load, path))
    except BadModel as error:
        print(error, file=sys.stderr)
        return 1
    await asyncio.Event().wait()
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
