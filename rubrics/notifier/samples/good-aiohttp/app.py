"""The notifier, with aiohttp."""

from __future__ import annotations

import asyncio
import json
import os
import re
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import WSCloseCode, WSMsgType, web

import archive
from channels import ChannelFull, Channels, Listener

CHANNELS: web.AppKey[Channels] = web.AppKey("channels")
SOCKETS: web.AppKey[set[web.WebSocketResponse]] = web.AppKey("sockets")
NAME = re.compile(r"[a-z0-9_-]{1,64}")
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@web.middleware
async def errors_as_json(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Give every error the form that the brief asks for."""
    try:
        return await handler(request)
    except web.HTTPException as error:
        return web.json_response({"error": error.reason}, status=error.status)


def topic_of(request: web.Request) -> str:
    """The topic in the path, or 422."""
    topic = request.match_info["topic"]
    if not NAME.fullmatch(topic):
        raise web.HTTPUnprocessableEntity(reason="no valid name of a topic")
    return topic


async def data_of(request: web.Request) -> Any:
    """What is published, or 422."""
    try:
        body = json.loads(await request.read())
    except ValueError as error:
        raise web.HTTPUnprocessableEntity(reason="the body is not JSON") from error
    if not isinstance(body, dict) or set(body) != {"data"}:
        raise web.HTTPUnprocessableEntity(reason="the body must be an object with data and nothing else")
    return body["data"]


async def health(_: web.Request) -> web.Response:
    return web.json_response({"status": "ok"})


async def describe(request: web.Request) -> web.StreamResponse:
    """Both a plain GET and the handshake of a subscription."""
    topic = topic_of(request)
    if request.headers.get("Upgrade", "").lower() == "websocket":
        return await subscribe(request, topic)
    return web.json_response({"topic": topic, "subscribers": request.app[CHANNELS].size(topic)})


async def publish(request: web.Request) -> web.Response:
    topic, data = topic_of(request), await data_of(request)
    await asyncio.to_thread(archive.append, topic, data)
    return web.json_response(request.app[CHANNELS].tell(topic, data), status=202)


async def subscribe(request: web.Request, topic: str) -> web.StreamResponse:
    """Serve one subscriber until it leaves or falls behind."""
    channels = request.app[CHANNELS]
    try:
        listener = channels.join(topic)
    except ChannelFull as error:
        raise web.HTTPServiceUnavailable(reason="the topic is full") from error
    socket = web.WebSocketResponse(timeout=1.0)
    try:
        await socket.prepare(request)
        request.app[SOCKETS].add(socket)
        await socket.send_json({"subscribed": topic})
        await serve(socket, listener)
    finally:
        channels.leave(topic, listener)
        request.app[SOCKETS].discard(socket)
    if listener.overflowed.is_set():
        await hang_up(request, socket)
    return socket


async def serve(socket: web.WebSocketResponse, listener: Listener) -> None:
    """Send and listen side by side; the first of them to end, or an overflow, ends both."""
    tasks = [
        asyncio.create_task(send(socket, listener)),
        asyncio.create_task(listen(socket)),
        asyncio.create_task(listener.overflowed.wait()),
    ]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def send(socket: web.WebSocketResponse, listener: Listener) -> None:
    while True:
        await socket.send_json(await listener.mailbox.get())


async def listen(socket: web.WebSocketResponse) -> None:
    while (await socket.receive()).type not in {WSMsgType.CLOSE, WSMsgType.CLOSING, WSMsgType.CLOSED, WSMsgType.ERROR}:
        pass


async def hang_up(request: web.Request, socket: web.WebSocketResponse) -> None:
    """Try to say why, then cut the connection."""
    try:
        async with asyncio.timeout(1):
            await socket.close(code=WSCloseCode.TRY_AGAIN_LATER)
    except TimeoutError:
        pass  # it does not answer any more; the connection is cut below all the same
    if request.transport is not None:
        request.transport.close()


async def close_all(app: web.Application) -> None:
    """Tell every subscriber that the service goes away; one that does not listen is not waited for."""
    goodbyes = [asyncio.create_task(socket.close(code=WSCloseCode.GOING_AWAY)) for socket in app[SOCKETS]]
    if goodbyes:
        await asyncio.wait(goodbyes, timeout=1.5)


def build() -> web.Application:
    """An application with channels of its own."""
    app = web.Application(middlewares=[errors_as_json], client_max_size=64 * 1024)
    app[CHANNELS] = Channels()
    app[SOCKETS] = set()
    app.on_shutdown.append(close_all)
    app.router.add_get("/health", health)
    app.router.add_get("/topics/{topic}", describe)
    app.router.add_post("/topics/{topic}/messages", publish)
    return app


if __name__ == "__main__":
    port = int(os.environ.get("PORT", "8000"))
    web.run_app(build(), host="127.0.0.1", port=port, shutdown_timeout=1.0, print=None, access_log=None)
