import json
import os
import time

import uvicorn
from fastapi import FastAPI, Request, WebSocket

app = FastAPI()
d = {}


@app.get("/health")
async def health():
    return {"status": "ok"}


@app.post("/topics/{t}/messages", status_code=202)
async def post(t, r: Request):
    b = json.loads(await r.body())
    d.setdefault(t, []).append(b["data"])
    return {"id": len(d[t]), "subscribers": 1}


@app.websocket("/topics/{t}")
async def ws(w: WebSocket, t):
    await w.accept()
    await w.send_json({"subscribed": t})
    n = len(d.get(t, []))
    while True:
        try:
            time.sleep(0.1)
            l = d.get(t, [])
            while n < len(l):
                await w.send_json({"id": n + 1, "topic": t, "data": l[n]})
                n = n + 1
        except:
            pass


uvicorn.run(app, port=int(os.environ.get("PORT", 8000)))
