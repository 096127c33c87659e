import json
import math
import os

import uvicorn
from fastapi import FastAPI, HTTPException

app = FastAPI()
model = json.load(open(os.environ.get("MODEL_PATH", "model.json")))


def run_model(instance):
    x = []
    for f in model["features"]:
        if f["name"] not in instance:
            raise HTTPException(422, "missing feature " + f["name"])
        x.append((instance[f["name"]] - f["mean"]) / f["scale"])
    for layer in model["layers"]:
        out = []
        for j in range(len(layer["weights"])):
            s = layer["biases"][j]
            for i in range(len(x)):
                s += layer["weights"][j][i] * x[i]
            out.append(s)
        if layer["activation"] == "relu":
            x = [max(0, v) for v in out]
        else:
            e = [math.exp(v) for v in out]
            x = [v / sum(e) for v in e]
    probs = dict(zip(model["labels"], x))
    return {"label": max(probs, key=probs.get), "probabilities": probs}


@app.get("/health")
def health():
    return {"status": "ok"}


@app.get("/ready")
def ready():
    return {"status": "ready", "model": model["name"], "version": model["version"]}


@app.post("/predict")
def predict(body: dict):
    return run_model(body["instance"])


@app.post("/predict/batch")
def predict_batch(body: dict):
    instances = body["instances"]
    if not 1 <= len(instances) <= 256:
        raise HTTPException(422, "wrong batch size")
    return {"predictions": [run_model(instance) for instance in instances]}


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(os.environ.get("PORT", 8000)), log_level="warning")
