import json
import math
import os

from flask import Flask, jsonify, request

app = Flask(__name__)


def calc(inst):
    m = json.load(open("model.json"))
    x = [(inst[f["name"]] - f["mean"]) / f["scale"] for f in m["features"]]
    for l in m["layers"]:
        x = [sum(w * v for w, v in zip(r, x)) + b for r, b in zip(l["weights"], l["biases"])]
        if l["activation"] == "relu":
            x = [v if v > 0 else 0 for v in x]
    e = [math.exp(v) for v in x]
    p = [round(v / sum(e), 3) for v in e]
    return {"label": m["labels"][p.index(max(p))], "probabilities": dict(zip(m["labels"], p))}


@app.route("/health")
def health():
    return jsonify({"status": "ok"})


@app.route("/ready")
def ready():
    return jsonify({"status": "ready"})


@app.route("/predict", methods=["POST"])
def predict():
    try:
        return jsonify(calc(request.json["instance"]))
    except:
        return jsonify({"error": "bad"})


app.run(port=int(os.environ.get("PORT", 8000)))
