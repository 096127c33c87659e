"""The notifier over HTTP and WebSockets."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from typing import Annotated, Any

import uvicorn
from fastapi import FastAPI, Path, Request, WebSocket, WebSocketDisconnect
from fastapi.exceptions import RequestValidationError, WebSocketRequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, ValidationError
from starlette.exceptions import HTTPException

import archive
from hub import Hub, Subscriber, TopicFull

MAX_BODY_BYTES = 64 * 1024
TRY_AGAIN_LATER = 1013
CLOSE_SECONDS = 1.0
SHUTDOWN_SECONDS = 2

Topic = Annotated[str, Path(pattern=r"\A[a-z0-9_-]{1,64}\z")]


class Publication(BaseModel):
    """Body of a message that is published."""

    model_config = ConfigDict(extra="forbid")

    data: Any


def leave_at_once() -> None:
    """End with the first SIGTERM; only the main thread of a program may say so."""
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, lambda *_: os._exit(0))


def create_app() -> FastAPI:
    """Build the service with a hub of its own."""
    hub = Hub()
    app = FastAPI(title="Notifier", openapi_url=None)
    app.router.on_startup.append(leave_at_once)
    app.add_exception_handler(HTTPException, _http_error)
    for invalid in (RequestValidationError, ValidationError):
        app.add_exception_handler(invalid, _invalid)
    app.add_exception_handler(WebSocketRequestValidationError, _refused)

    @app.get("/health")
    async def health() -> dict[str, str]:
        return {"status": "ok"}

    @app.get("/topics/{topic}")
    async def describe(topic: Topic) -> dict[str, Any]:
        return {"topic": topic, "subscribers": hub.count(topic)}

    @app.post("/topics/{topic}/messages", status_code=202)
    async def publish(topic: Topic, request: Request) -> dict[str, int]:
        publication = Publication.model_validate_json(await _body_of(request))
        await asyncio.to_thread(archive.append, topic, publication.data)
        number, subscribers = hub.publish(topic, publication.data)
        return {"id": number, "subscribers": subscribers}

    @app.websocket("/topics/{topic}")
    async def subscribe(websocket: WebSocket, topic: Topic) -> None:
        try:
            subscriber = hub.subscribe(topic)
        except TopicFull as error:
            await websocket.close(TRY_AGAIN_LATER, str(error))  # before it was accepted: refuses the handshake
            return
        try:
            await websocket.accept()
            await websocket.send_json({"subscribed": topic})
            await _attend(websocket, subscriber)
        finally:
            hub.unsubscribe(topic, subscriber)

    return app


async def _attend(websocket: WebSocket, subscriber: Subscriber) -> None:
    """Deliver until the subscriber goes away or is dropped, whichever comes first."""
    work = {
        asyncio.create_task(_deliver(websocket, subscriber)),
        asyncio.create_task(_listen(websocket)),
        asyncio.create_task(subscriber.dropped.wait()),
    }
    try:
        await asyncio.wait(work, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in work:
            task.cancel()
        outcomes = await asyncio.gather(*work, return_exceptions=True)
    if subscriber.dropped.is_set():
        await _close(websocket)
    for outcome in outcomes:
        if isinstance(outcome, Exception) and not isinstance(outcome, WebSocketDisconnect):
            raise outcome


async def _deliver(websocket: WebSocket, subscriber: Subscriber) -> None:
    while True:
        await websocket.send_json(await subscriber.waiting.get())


async def _listen(websocket: WebSocket) -> None:
    """Ignore what the subscriber sends; ends when it goes away."""
    while (await websocket.receive())["type"] != "websocket.disconnect":
        pass


async def _close(websocket: WebSocket) -> None:
    """Say why, if the connection still takes it; it is cut in any case when the handler returns."""
    try:
        async with asyncio.timeout(CLOSE_SECONDS):
            await websocket.close(TRY_AGAIN_LATER, "too slow")
    except TimeoutError:
        return


async def _body_of(request: Request) -> bytes:
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


def _invalid(_: Request, error: RequestValidationError | ValidationError) -> JSONResponse:
    problems = (f"{'.'.join(map(str, problem['loc']))}: {problem['msg']}" for problem in error.errors())
    return _error(422, "; ".join(problems))


async def _refused(websocket: WebSocket, error: WebSocketRequestValidationError) -> None:
    await websocket.close(1008, str(error.errors()[0]["msg"]))


if __name__ == "__main__":
    uvicorn.run(
        create_app(),
        host="127.0.0.1",
        port=int(os.environ.get("PORT", "8000")),
        log_level="error",
        access_log=False,
        timeout_graceful_shutdown=SHUTDOWN_SECONDS,
    )
