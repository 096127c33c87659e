import os

import uvicorn
from fastapi import FastAPI, WebSocket, WebSocketDisconnect
from pydantic import BaseModel

import archive

app = FastAPI()
topics = {}
last_id = 0


class Message(BaseModel):
    data: object


@app.get("/health")
async def health():
    return {"status": "ok"}


@app.get("/topics/{topic}")
async def info(topic: str):
    return {"topic": topic, "subscribers": len(topics.get(topic, []))}


@app.post("/topics/{topic}/messages", status_code=202)
async def publish(topic: str, message: Message):
    global last_id
    archive.append(topic, message.data)
    last_id += 1
    msg_id = last_id
    sockets = topics.get(topic, [])
    for ws in list(sockets):
        await ws.send_json({"id": msg_id, "topic": topic, "data": message.data})
    return {"id": msg_id, "subscribers": len(sockets)}


@app.websocket("/topics/{topic}")
async def subscribe(ws: WebSocket, topic: str):
    await ws.accept()
    await ws.send_json({"subscribed": topic})
    topics.setdefault(topic, []).append(ws)
    try:
        while True:
            await ws.receive()
    except (WebSocketDisconnect, RuntimeError):
        topics[topic].remove(ws)


if __name__ == "__main__":
    uvicorn.run(app, port=int(os.environ.get("PORT", 8000)), log_level="warning")
