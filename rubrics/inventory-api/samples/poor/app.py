from flask import *
import os, json

app = Flask(__name__)
db = []


@app.route("/health")
def health():
    return {"status": "ok"}


@app.route("/items", methods=["GET", "POST"])
def items():
    if request.method == "POST":
        d = request.json
        for x in db:
            if x["sku"] == d["sku"]:
                return "exists", 400
        db.append(d)
        return d, 201
    else:
        l = []
        for x in db:
            if request.args.get("category") == None or x["category"] == request.args.get("category"):
                l.append(x)
        return {"items": l, "total": len(l)}


@app.route("/items/<sku>", methods=["GET", "PATCH", "DELETE"])
def item(sku):
    try:
        for x in db:
            if x["sku"] == sku:
                if request.method == "GET":
                    return x
                if request.method == "PATCH":
                    x.update(request.json)
                    return x
                if request.method == "DELETE":
                    db.remove(x)
                    return "deleted"
    except:
        pass
    return "not found", 404


@app.route("/items/<sku>/reservations", methods=["POST"])
def res(sku):
    try:
        for x in db:
            if x["sku"] == sku:
                x["quantity"] = x["quantity"] - request.json["quantity"]
                return {"id": 1, "sku": sku, "quantity": request.json["quantity"]}, 201
    except:
        return "error", 500


app.run(port=int(os.environ.get("PORT", 8000)))
