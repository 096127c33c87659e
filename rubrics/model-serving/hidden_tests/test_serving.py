"""Hidden suite of model-serving. The server is shared by the tests; those about its start run one of their own.

Expected values are worked out here, step by step as the brief has it, from a copy of the model.
"""

import json
import math
import random
import time
from pathlib import Path

import pytest

MODEL = json.loads(Path(__file__).with_name("model.json").read_text())
NAMES = [feature["name"] for feature in MODEL["features"]]
MIB = 2**20


def expected(model, instance):
    """Probabilities by label."""
    values = [(instance[feature["name"]] - feature["mean"]) / feature["scale"] for feature in model["features"]]
    for layer in model["layers"]:
        values = [
            math.fsum(weight * value for weight, value in zip(row, values, strict=True)) + bias
            for row, bias in zip(layer["weights"], layer["biases"], strict=True)
        ]
        if layer["activation"] == "relu":
            values = [max(0.0, value) for value in values]
        else:
            powers = [math.exp(value - max(values)) for value in values]
            values = [power / sum(powers) for power in powers]
    return dict(zip(model["labels"], values, strict=True))


def instance(seed, spread=3.0):
    """Values around the means."""
    rng = random.Random(seed)
    return {each["name"]: each["mean"] + rng.uniform(-spread, spread) * each["scale"] for each in MODEL["features"]}


def assert_predicts(model, given, prediction):
    probabilities = expected(model, given)
    assert prediction.keys() == {"label", "probabilities"}
    assert prediction["probabilities"] == pytest.approx(probabilities, rel=1e-6, abs=1e-9)
    assert prediction["label"] == max(probabilities, key=probabilities.get)


def assert_refused(answer, *statuses):
    assert answer.status_code in statuses, answer.text
    error = answer.json()["error"]
    assert isinstance(error, str)
    assert error


_awaited = []


@pytest.fixture(autouse=True)
def _ready(request):
    """Tests of the shared server begin when it has its model; one wait in vain is enough."""
    if "client" not in request.fixturenames or _awaited:
        return
    _awaited.append(True)
    client = request.getfixturevalue("client")
    end = time.monotonic() + 5
    while client.get("/ready").status_code == 503 and time.monotonic() < end:
        time.sleep(0.02)


@pytest.fixture
def predict(client):
    """Send one instance; gives the answer."""
    return lambda given: client.post("/predict", json={"instance": given})


@pytest.fixture
def batch(client):
    """Send instances; gives the answer."""
    return lambda given: client.post("/predict/batch", json={"instances": given})


# Predictions


@pytest.mark.criterion("predictions")
@pytest.mark.parametrize("seed", range(4))
def test_prediction(predict, seed):
    given = instance(seed)
    answer = predict(given)
    assert answer.status_code == 200, answer.text
    assert_predicts(MODEL, given, answer.json())


@pytest.mark.criterion("predictions")
def test_every_label_can_come_out(predict):
    labels = {predict(instance(seed, spread=6.0)).json()["label"] for seed in range(100, 130)}
    assert labels == set(MODEL["labels"])


@pytest.mark.criterion("predictions")
def test_order_of_the_features_does_not_matter(predict):
    given = instance(7)
    turned = dict(reversed(given.items()))
    assert predict(turned).json() == predict(given).json()


@pytest.mark.criterion("predictions")
def test_whole_numbers_are_numbers(predict):
    given = {name: number for number, name in enumerate(NAMES)}
    answer = predict(given)
    assert answer.status_code == 200, answer.text
    assert_predicts(MODEL, given, answer.json())


@pytest.mark.criterion("predictions")
@pytest.mark.parametrize("value", [1_000_000, -1_000_000.0])
def test_values_far_from_the_mean(predict, value):
    given = dict.fromkeys(NAMES, value)
    answer = predict(given)
    assert answer.status_code == 200, answer.text
    assert_predicts(MODEL, given, answer.json())


@pytest.mark.criterion("predictions")
def test_same_instance_same_prediction(predict):
    given = instance(9)
    first = predict(given).content
    predict(instance(10))
    assert {predict(given).content for _ in range(3)} == {first}


# Batches


@pytest.mark.criterion("batches")
def test_batch_gives_predictions_in_order(batch):
    given = [instance(seed) for seed in range(20, 30)]
    answer = batch(given)
    assert answer.status_code == 200, answer.text
    assert answer.json().keys() == {"predictions"}
    assert len(answer.json()["predictions"]) == 10
    for each, prediction in zip(given, answer.json()["predictions"], strict=True):
        assert_predicts(MODEL, each, prediction)


@pytest.mark.criterion("batches")
def test_batch_of_one(batch):
    answer = batch([instance(31)])
    assert answer.status_code == 200, answer.text
    assert_predicts(MODEL, instance(31), answer.json()["predictions"][0])


@pytest.mark.criterion("batches")
def test_instance_of_a_batch_gets_what_it_gets_alone(batch, predict):
    given = [instance(seed) for seed in range(40, 46)]
    alone = [predict(each).json() for each in given]
    assert batch(given).json()["predictions"] == alone


@pytest.mark.criterion("batches")
def test_equal_instances_get_equal_predictions(batch):
    first, other, last = batch([instance(50), instance(51), instance(50)]).json()["predictions"]
    assert first == last != other


@pytest.mark.criterion("batches")
def test_largest_batch(batch):
    answer = batch([instance(seed) for seed in range(256)])
    assert answer.status_code == 200, answer.text
    assert len(answer.json()["predictions"]) == 256


@pytest.mark.criterion("batches")
@pytest.mark.parametrize("count", [0, 257])
def test_empty_and_too_large_batches_are_refused(batch, count):
    assert_refused(batch([instance(1)] * count), 400, 422)


@pytest.mark.criterion("batches")
@pytest.mark.parametrize("change", ["missing", "text"])
def test_bad_instance_of_a_batch_is_named(batch, change):
    given = [instance(seed) for seed in range(5)]
    if change == "missing":
        del given[3]["caffeine"]
    else:
        given[3]["caffeine"] = "much"
    answer = batch(given)
    assert_refused(answer, 400, 422)
    assert "3" in answer.json()["error"]
    assert "caffeine" in answer.json()["error"]


# Bad requests


@pytest.mark.criterion("bad-requests")
@pytest.mark.parametrize("path", ["/predict", "/predict/batch"])
@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b"[]", b"3", b"null"])
def test_bodies_that_are_no_json_objects(client, path, body):
    headers = {"Content-Type": "application/json"}
    assert_refused(client.post(path, content=body, headers=headers), 400, 422)


@pytest.mark.criterion("bad-requests")
@pytest.mark.parametrize(
    "body",
    [{}, {"instances": []}, {"instance": []}, {"instance": None}, {"instance": "tea"}, {"instance": {}}],
    ids=["nothing", "another field", "list", "null", "text", "no features"],
)
def test_bodies_without_an_instance(client, body):
    assert_refused(client.post("/predict", json=body), 400, 422)


@pytest.mark.criterion("bad-requests")
@pytest.mark.parametrize("body", [{}, {"instances": None}, {"instances": {}}, {"instances": [3]}])
def test_bodies_without_instances(client, body):
    assert_refused(client.post("/predict/batch", json=body), 400, 422)


@pytest.mark.criterion("bad-requests")
def test_unknown_field_is_refused(client):
    assert_refused(client.post("/predict", json={"instance": instance(1), "model": "other"}), 400, 422)
    assert_refused(client.post("/predict/batch", json={"instances": [instance(1)], "model": "other"}), 400, 422)


@pytest.mark.criterion("bad-requests")
def test_missing_feature_is_named(predict):
    given = instance(2)
    del given["tannin"]
    answer = predict(given)
    assert_refused(answer, 400, 422)
    assert "tannin" in answer.json()["error"]


@pytest.mark.criterion("bad-requests")
def test_unknown_feature_is_named(predict):
    answer = predict(instance(2) | {"colour": 3.0})
    assert_refused(answer, 400, 422)
    assert "colour" in answer.json()["error"]


@pytest.mark.criterion("bad-requests")
@pytest.mark.parametrize("value", ["3", True, None, [1.0], {}], ids=repr)
def test_values_that_are_no_numbers(predict, value):
    assert_refused(predict(instance(3) | {"tannin": value}), 400, 422)


@pytest.mark.criterion("bad-requests")
@pytest.mark.parametrize(
    "number", ["1000000.5", "-1000001", "1e308", "1e999", "NaN", "-Infinity", "1" + "0" * 400], ids=lambda text: text[:9]
)
def test_values_out_of_range(client, number):
    body = json.dumps({"instance": instance(3) | {"tannin": "here"}}).replace('"here"', number)
    headers = {"Content-Type": "application/json"}
    assert_refused(client.post("/predict", content=body.encode(), headers=headers), 400, 422)


def padded(size):
    """A good body of so many bytes."""
    body = json.dumps({"instance": instance(4)}).encode()
    return body + b" " * (size - len(body))


@pytest.mark.criterion("bad-requests")
def test_size_of_a_body(client):
    headers = {"Content-Type": "application/json"}
    assert client.post("/predict", content=padded(MIB), headers=headers).status_code == 200
    assert_refused(client.post("/predict", content=padded(MIB + 1), headers=headers), 413)


@pytest.mark.criterion("bad-requests")
@pytest.mark.parametrize("path", ["/predict", "/predict/batch"])
def test_size_of_a_body_in_chunks(client, path):
    body = padded(MIB + 1)
    chunks = (body[start : start + 2**16] for start in range(0, len(body), 2**16))
    answer = client.post(path, content=chunks, headers={"Content-Type": "application/json"})
    assert_refused(answer, 413)


@pytest.mark.criterion("bad-requests")
def test_paths_and_methods(client):
    assert_refused(client.get("/nowhere"), 404)
    assert_refused(client.get("/predict"), 405)
    assert_refused(client.delete("/ready"), 405)


@pytest.mark.criterion("bad-requests")
def test_service_goes_on_after_bad_requests(client, predict):
    client.post("/predict", content=b"{")
    assert predict(instance(5)).status_code == 200


# Starting up


@pytest.mark.criterion("start")
def test_health(client):
    answer = client.get("/health")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


@pytest.mark.criterion("start")
def test_ready(client):
    answer = client.get("/ready")
    assert (answer.status_code, answer.json()) == (200, {"status": "ready", "model": "tea-grade", "version": "2026.1"})


OTHER_MODEL = {
    "name": "coin",
    "version": "7",
    "features": [{"name": "weight", "mean": 2.0, "scale": 0.5}],
    "labels": ["real", "false"],
    "layers": [
        {"activation": "relu", "weights": [[1.0], [-2.0], [0.5]], "biases": [0.25, 0.0, -1.0]},
        {"activation": "relu", "weights": [[0.5, -1.0, 2.0], [1.5, 1.0, -0.5]], "biases": [0.0, 0.5]},
        {"activation": "softmax", "weights": [[1.0, -0.5], [0.25, 1.0]], "biases": [0.0, 0.1]},
    ],
}

WATCH = """
import http.client, json, os, socket, subprocess, sys, threading, time

with socket.create_server(("127.0.0.1", 0)) as free:
    PORT = free.getsockname()[1]
facts = {}

def ask(method, path, body=None, seconds=4.0):
    connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=seconds)
    try:
        connection.request(method, path, body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        return [answer.status, answer.read().decode()]
    except (OSError, http.client.HTTPException) as error:
        return [0, repr(error)]
    finally:
        connection.close()

def until(path, status, seconds=12.0):
    end = time.monotonic() + seconds
    answer = ask("GET", path)
    while answer[0] != status and time.monotonic() < end:
        time.sleep(0.05)
        answer = ask("GET", path)
    return answer

def feed():
    with open("model.pipe", "wb") as pipe:
        pipe.write(json.dumps(model).encode())

model = json.load(sys.stdin)
os.mkfifo("model.pipe")
server = subprocess.Popen(
    [sys.executable, "app.py"],
    env={**os.environ, "PORT": str(PORT), "MODEL_PATH": os.path.abspath("model.pipe")},
    stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
)
body = json.dumps({"instance": {"weight": 2.25}})
facts["health while loading"] = until("/health", 200)
facts["ready while loading"] = ask("GET", "/ready")
facts["predict while loading"] = ask("POST", "/predict", body)
facts["batch while loading"] = ask("POST", "/predict/batch", json.dumps({"instances": [{"weight": 2.25}]}))
threading.Thread(target=feed, daemon=True).start()
facts["ready when loaded"] = until("/ready", 200)
facts["predictions"] = [ask("POST", "/predict", body) for _ in range(2)]
server.kill()
server.wait()
print(json.dumps(facts))
"""

_watched = []


@pytest.fixture
def watched(run):
    """What a server did that was started with a model in a pipe. Starting one takes a second, so it is done once."""
    if not _watched:
        result = run(
            ["python", "-I", "watch.py"],
            files={"watch.py": WATCH},
            stdin=json.dumps(OTHER_MODEL),
            seconds=45,
        )
        assert result.exit_code == 0, result.stderr
        _watched.append(json.loads(result.stdout))
    return _watched[0]


@pytest.mark.criterion("start")
def test_healthy_while_the_model_loads(watched):
    status, body = watched["health while loading"]
    assert (status, json.loads(body or "null")) == (200, {"status": "ok"})


@pytest.mark.criterion("start")
@pytest.mark.parametrize("what", ["ready", "predict", "batch"])
def test_not_ready_while_the_model_loads(watched, what):
    status, body = watched[f"{what} while loading"]
    assert status == 503
    assert json.loads(body)["error"]


@pytest.mark.criterion("start")
def test_ready_when_the_model_is_loaded(watched):
    status, body = watched["ready when loaded"]
    assert status == 200
    assert json.loads(body) == {"status": "ready", "model": "coin", "version": "7"}


@pytest.mark.criterion("start")
def test_model_is_read_once_and_used(watched):
    for status, body in watched["predictions"]:
        assert status == 200
        assert_predicts(OTHER_MODEL, {"weight": 2.25}, json.loads(body))


START = """
import json, os, subprocess, sys, time

servers = [
    subprocess.Popen(
        [sys.executable, "app.py"],
        env={**os.environ, "PORT": "0", "MODEL_PATH": path},
        stdout=subprocess.DEVNULL, stderr=open(f"{number}.err", "w"),
    )
    for number, path in enumerate(sys.argv[1:])
]
end, codes = time.monotonic() + 20, []
for server in servers:
    try:
        codes.append(server.wait(max(0.1, end - time.monotonic())))
    except subprocess.TimeoutExpired:
        server.kill()
        codes.append(None)
print(json.dumps([[code, os.path.getsize(f"{number}.err") > 0] for number, code in enumerate(codes)]))
"""


@pytest.mark.criterion("start")
def test_models_that_cannot_be_used_end_the_process(run):
    misfit = json.loads(json.dumps(OTHER_MODEL))
    misfit["layers"][1]["weights"][0].pop()
    files = {"start.py": START, "misfit.json": json.dumps(misfit)}
    result = run(["python", "-I", "start.py", "misfit.json", "gone.json"], files=files, seconds=35)
    assert result.exit_code == 0, result.stderr
    for code, explains in json.loads(result.stdout):
        assert code not in (None, 0)
        assert explains


# Speed


@pytest.mark.workload("batches")
@pytest.mark.criterion("speed")
def test_many_batches(client):
    body = json.dumps({"instances": [instance(seed) for seed in range(256)]}).encode()
    for _ in range(25):
        answer = client.post("/predict/batch", content=body, headers={"Content-Type": "application/json"})
        assert answer.status_code == 200, answer.text
    assert len(answer.json()["predictions"]) == 256
