"""The notifier over HTTP and WebSockets."""

from __future__ import annotations

import asyncio
import json
import os
import re
from typing import Any

import uvicorn
from fastapi import FastAPI, Request, WebSocket, WebSocketDisconnect
from fastapi.responses import JSONResponse

import archive
from hub import Hub, TopicFull

MAX_BODY_BYTES = 64 * 1024
TRY_AGAIN_LATER = 1013
CLOSE_SECONDS = 1.0
SHUTDOWN_SECONDS = 2


def create_app() -> FastAPI:
    """Build the service with a hub of its own."""
    hub = Hub()
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)

    @app.api_route("/{path:path}", methods=["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"])
    async def handle(path: str, request: Request) -> JSONResponse:
        if path == "health":
            if request.method != "GET":
                return JSONResponse({"error": "method not allowed"}, 405)
            return JSONResponse({"status": "ok"})
        parts = path.split("/")
        if parts[0] != "topics" or len(parts) not in {2, 3} or (len(parts) == 3 and parts[2] != "messages"):
            return JSONResponse({"error": "not found"}, 404)
        topic = parts[1]
        if re.fullmatch(r"[a-z0-9_-]{1,64}", topic) is None:
            return JSONResponse({"error": "no such name"}, 422)
        if request.method != ("GET" if len(parts) == 2 else "POST"):
            return JSONResponse({"error": "method not allowed"}, 405)
        if len(parts) == 2:
            return JSONResponse({"topic": topic, "subscribers": hub.count(topic)})
        received = bytearray()
        async for chunk in request.stream():
            received += chunk
            if len(received) > MAX_BODY_BYTES:
                return JSONResponse({"error": "the body is too large"}, 413)
        try:
            body: Any = json.loads(received)
        except ValueError as error:
            return JSONResponse({"error": f"the body is not JSON: {error}"}, 422)
        if not isinstance(body, dict):
            return JSONResponse({"error": "the body must be an object"}, 422)
        if set(body) != {"data"}:
            return JSONResponse({"error": "the body must have data and nothing else"}, 422)
        await asyncio.to_thread(archive.append, topic, body["data"])
        number, subscribers = hub.publish(topic, body["data"])
        return JSONResponse({"id": number, "subscribers": subscribers}, 202)

    @app.websocket("/topics/{topic}")
    async def subscribe(websocket: WebSocket, topic: str) -> None:
        if re.fullmatch(r"[a-z0-9_-]{1,64}", topic) is None:
            await websocket.close(1008)
            return
        try:
            subscriber = hub.subscribe(topic)
        except TopicFull as error:
            await websocket.close(TRY_AGAIN_LATER, str(error))
            return
        try:
            await websocket.accept()
            await websocket.send_json({"subscribed": topic})

            async def deliver() -> None:
                while True:
                    await websocket.send_json(await subscriber.waiting.get())

            async def listen() -> None:
                while (await websocket.receive())["type"] != "websocket.disconnect":
                    pass

            work = {
                asyncio.create_task(deliver()),
                asyncio.create_task(listen()),
                asyncio.create_task(subscriber.dropped.wait()),
            }
            try:
                await asyncio.wait(work, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for task in work:
                    task.cancel()
                outcomes = await asyncio.gather(*work, return_exceptions=True)
            if subscriber.dropped.is_set():
                try:
                    async with asyncio.timeout(CLOSE_SECONDS):
                        await websocket.close(TRY_AGAIN_LATER, "too slow")
                except TimeoutError:
                    return
            for outcome in outcomes:
                if isinstance(outcome, Exception) and not isinstance(outcome, WebSocketDisconnect):
                    raise outcome
        finally:
            hub.unsubscribe(topic, subscriber)

    return app


if __name__ == "__main__":
    uvicorn.run(
        create_app(),
        host="127.0.0.1",
        port=int(os.environ.get("PORT", "8000")),
        log_level="error",
        access_log=False,
        timeout_graceful_shutdown=SHUTDOWN_SECONDS,
    )
