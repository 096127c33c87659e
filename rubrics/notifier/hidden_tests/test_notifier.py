"""Hidden suite of notifier. The server is shared by the tests, so each has topics of its own.

What needs a server of its own (a slow disk, slow readers, SIGTERM) is tried by one program, PROBE, in the candidate's
container: only there does a connection that is not read from fill up. It tells what it saw; what that means is decided here.
"""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from uuid import uuid4

import pytest
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.sync.client import connect

PATIENCE = 10.0
SECONDS = 100
KIB = 1024


@pytest.fixture
def topic():
    return f"t-{uuid4().hex[:12]}"


@pytest.fixture
def subscribe(base_url):
    """Subscribe to a topic, and receive the greeting."""
    with ExitStack() as connections:

        def subscribed(name):
            address = f"{base_url.replace('http', 'ws', 1)}/topics/{name}"
            connection = connections.enter_context(
                connect(address, proxy=None, open_timeout=PATIENCE, close_timeout=1, compression=None)
            )
            assert received(connection) == {"subscribed": name}
            return connection

        yield subscribed


def received(connection):
    return json.loads(connection.recv(PATIENCE))


@pytest.fixture
def publish(client):
    """Publish data; gives what the service answers."""

    def post(name, data):
        answer = client.post(f"/topics/{name}/messages", json={"data": data})
        assert answer.status_code == 202, answer.text
        assert answer.json().keys() == {"id", "subscribers"}
        return answer.json()

    return post


@pytest.fixture
def count(client):
    """Ask how many subscribers a topic has."""
    return lambda name: client.get(f"/topics/{name}").json()["subscribers"]


def assert_refused(answer, *statuses):
    assert answer.status_code in statuses, answer.text
    error = answer.json()["error"]
    assert isinstance(error, str)
    assert error


# Delivery


@pytest.mark.criterion("delivery")
def test_health(client):
    answer = client.get("/health")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


@pytest.mark.criterion("delivery")
@pytest.mark.parametrize("data", [{"build": [1, {"ok": True}]}, "Grüße", 0, None, []], ids=repr)
def test_message_reaches_a_subscriber(subscribe, publish, topic, data):
    connection = subscribe(topic)
    answer = publish(topic, data)
    assert received(connection) == {"id": answer["id"], "topic": topic, "data": data}


@pytest.mark.criterion("delivery")
def test_message_reaches_all_subscribers_of_its_topic_and_no_other(subscribe, publish, topic):
    first, second, other = subscribe(topic), subscribe(topic), subscribe(f"{topic}-other")
    assert publish(topic, "one")["subscribers"] == 2
    assert publish(f"{topic}-other", "two")["subscribers"] == 1
    assert received(first)["data"] == received(second)["data"] == "one"
    assert received(other)["data"] == "two"


@pytest.mark.criterion("delivery")
def test_earlier_messages_are_not_delivered(subscribe, publish, topic):
    publish(topic, "early")
    connection = subscribe(topic)
    publish(topic, "late")
    assert received(connection)["data"] == "late"


@pytest.mark.criterion("delivery")
def test_numbers_count_over_all_topics(publish, topic):
    first = publish(topic, 1)
    assert first["subscribers"] == 0
    assert [publish(f"{topic}{number}", 1)["id"] for number in range(3)] == [first["id"] + n for n in (1, 2, 3)]


@pytest.mark.criterion("delivery")
def test_messages_come_in_order(subscribe, publish, topic):
    connection = subscribe(topic)
    ids = [publish(topic, number)["id"] for number in range(20)]
    messages = [received(connection) for _ in range(20)]
    assert [message["data"] for message in messages] == list(range(20))
    assert [message["id"] for message in messages] == ids == sorted(ids)


@pytest.mark.criterion("delivery")
def test_messages_that_are_published_at_once_come_in_order(subscribe, publish, topic):
    first, second = subscribe(topic), subscribe(topic)
    with ThreadPoolExecutor(6) as threads:
        answers = list(threads.map(lambda number: publish(topic, number), range(30)))
    ids = [[received(connection)["id"] for _ in range(30)] for connection in (first, second)]
    assert ids[0] == ids[1] == sorted(answer["id"] for answer in answers)


@pytest.mark.criterion("delivery")
def test_what_subscribers_send_is_ignored(subscribe, publish, topic):
    connection = subscribe(topic)
    connection.send("hello")
    connection.send(b"\x00\xff")
    publish(topic, "still there")
    assert received(connection)["data"] == "still there"


@pytest.mark.criterion("delivery")
def test_subscribers_are_counted(client, subscribe, topic):
    assert client.get(f"/topics/{topic}").json() == {"topic": topic, "subscribers": 0}
    subscribe(topic)
    subscribe(topic)
    assert client.get(f"/topics/{topic}").json() == {"topic": topic, "subscribers": 2}


# Disconnects


def assert_forgotten(count, topic, left):
    end = time.monotonic() + PATIENCE / 2
    while count(topic) != left and time.monotonic() < end:
        time.sleep(0.05)
    assert count(topic) == left


@pytest.mark.criterion("disconnects")
def test_closed_subscription_is_forgotten(subscribe, publish, count, topic):
    leaving, staying = subscribe(topic), subscribe(topic)
    leaving.close()
    assert_forgotten(count, topic, 1)
    assert publish(topic, "news")["subscribers"] == 1
    assert received(staying)["data"] == "news"


@pytest.mark.criterion("disconnects")
def test_cut_connection_is_forgotten(subscribe, count, topic):
    cut, _ = subscribe(topic), subscribe(topic)
    cut.socket.shutdown(2)
    assert_forgotten(count, topic, 1)


# Bad requests


@pytest.mark.criterion("bad-requests")
@pytest.mark.parametrize(
    "body", [b"", b"{", b"\xff\xfe", b"[]", b"3", b"{}", b'{"date": 1}', b'{"data": 1, "to": "all"}']
)
def test_bodies_that_are_no_messages(client, topic, body):
    headers = {"Content-Type": "application/json"}
    assert_refused(client.post(f"/topics/{topic}/messages", content=body, headers=headers), 400, 422)


@pytest.mark.criterion("bad-requests")
def test_refused_message_is_not_delivered(client, subscribe, publish, topic):
    connection = subscribe(topic)
    client.post(f"/topics/{topic}/messages", json={"data": "bad", "to": "all"})
    publish(topic, "good")
    assert received(connection)["data"] == "good"


@pytest.mark.criterion("bad-requests")
@pytest.mark.parametrize("name", ["Builds", "a.b", "x" * 65, "%C3%BC", "a%20b"])
def test_names_that_break_the_rule(client, base_url, name):
    assert_refused(client.get(f"/topics/{name}"), 400, 404, 422)
    assert_refused(client.post(f"/topics/{name}/messages", json={"data": 1}), 400, 404, 422)
    with pytest.raises((InvalidHandshake, ConnectionClosed)):
        with connect(f"{base_url.replace('http', 'ws', 1)}/topics/{name}", proxy=None) as connection:
            connection.recv(PATIENCE)


@pytest.mark.criterion("bad-requests")
def test_longest_name(client):
    assert client.get(f"/topics/{'x' * 64}").status_code == 200


@pytest.mark.criterion("bad-requests")
def test_size_of_a_body(client, topic):
    body, headers = b'{"data": 1}', {"Content-Type": "application/json"}
    path = f"/topics/{topic}/messages"
    assert client.post(path, content=body.ljust(64 * KIB), headers=headers).status_code == 202
    assert_refused(client.post(path, content=body.ljust(64 * KIB + 1), headers=headers), 413)


@pytest.mark.criterion("bad-requests")
def test_paths_and_methods(client, topic):
    assert_refused(client.get("/nowhere"), 404)
    assert_refused(client.delete(f"/topics/{topic}"), 405)
    assert_refused(client.get(f"/topics/{topic}/messages"), 405)


# A server of its own

PROBE = """
import asyncio, http.client, json, os, signal, socket, subprocess, sys, threading, time
from websockets.asyncio.client import connect

with socket.create_server(("127.0.0.1", 0)) as free:
    PORT = free.getsockname()[1]
facts = {}

def ask(method, path, body=None, seconds=6.0):
    connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=seconds)
    try:
        headers = {"Content-Type": "application/json"}
        connection.request(method, path, None if body is None else json.dumps(body), headers)
        answer = connection.getresponse()
        return [answer.status, json.loads(answer.read() or b"null")]
    except (OSError, ValueError, http.client.HTTPException) as error:
        return [0, repr(error)]
    finally:
        connection.close()

async def request(*what, **how):
    return await asyncio.to_thread(ask, *what, **how)

def subscribe(topic):
    return connect(f"ws://127.0.0.1:{PORT}/topics/{topic}", proxy=None, compression=None, open_timeout=12, close_timeout=1)

async def get(connection, seconds=6.0):
    return json.loads(await asyncio.wait_for(connection.recv(), seconds))

async def until(seconds, what):
    end = time.monotonic() + seconds
    while not (found := await what()) and time.monotonic() < end:
        await asyncio.sleep(0.05)
    return found

archived = bytearray()

def drain(reader):
    while True:
        try:
            archived.extend(os.read(reader, 1 << 16))
        except BlockingIOError:
            pass
        time.sleep(0.005)

async def archive_blocks():
    seen = {}
    async with subscribe("disk") as early:
        await get(early)
        publishing = asyncio.create_task(request("POST", "/topics/disk/messages", {"data": "kept"}, seconds=30))
        await asyncio.sleep(0.3)
        try:
            seen["health"] = await request("GET", "/health", seconds=4.0)
            async with subscribe("disk") as late:
                seen["late"] = await get(late)
            seen["answered"] = publishing.done()
            try:
                seen["delivered"] = await get(early, 0.2)
            except TimeoutError:
                seen["delivered"] = None
        except Exception as error:
            seen["error"] = repr(error)
        reader = os.open("archive.pipe", os.O_RDONLY | os.O_NONBLOCK)
        threading.Thread(target=drain, args=(reader,), daemon=True).start()
        seen["answer"] = await publishing
        seen["message"] = await get(early)
        async def written():
            return archived.endswith(b"\\n")
        await until(6, written)
        seen["archived"] = archived.decode()
    return seen

async def full_topic():
    connections, refused = [], None
    try:
        for _ in range(32):
            connection = await subscribe("full")
            connections.append(connection)
            await get(connection)
        before = await request("GET", "/topics/full")
        try:
            extra = await subscribe("full")
            connections.append(extra)
            await get(extra)
            refused = "accepted"
        except Exception as error:
            refused = [type(error).__name__, getattr(getattr(error, "rcvd", None), "code", None)]
        elsewhere = await subscribe("other")
        connections.append(elsewhere)
        return dict(before=before, refused=refused, elsewhere=await get(elsewhere))
    finally:
        await asyncio.gather(*(connection.close() for connection in connections))

def raw(topic):
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 17)
    sock.settimeout(8)
    sock.connect(("127.0.0.1", PORT))
    sock.sendall((f"GET /topics/{topic} HTTP/1.1\\r\\nHost: x\\r\\nUpgrade: websocket\\r\\nConnection: Upgrade\\r\\n"
                  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\\r\\nSec-WebSocket-Version: 13\\r\\n\\r\\n").encode())
    return sock

async def slow_reader():
    text, slow = "x" * 60_000, raw("slow")
    async with subscribe("slow") as quick:
        await get(quick)
        await until(6, lambda: counted("slow", 2))
        statuses, counts, numbers = set(), [], []
        for number in range(500):  # what the operating system takes differs between machines
            status, answer = await request("POST", "/topics/slow/messages", {"data": [number, text]})
            statuses.add(status)
            if status != 202:
                break
            counts.append(answer["subscribers"])
            numbers.append((await get(quick))["data"][0])
            if counts[-5:] == [1] * 5:
                break
        left = await until(6, lambda: counted("slow", 1))
    told, size, tail = False, 0, b""
    try:
        while not told and (data := await asyncio.to_thread(slow.recv, 1 << 16)):
            size += len(data)
            tail = (tail + data)[-(1 << 16):]
            told = b"\\x03\\xf5" in tail  # code 1013; the messages are ASCII
        ended = True
    except OSError as error:
        ended = isinstance(error, ConnectionError)
    slow.close()
    return dict(statuses=sorted(statuses), first=counts[:64], last=counts[-1:], numbers=numbers, left=left,
                ended=ended, size=size)

async def counted(topic, count):
    return (await request("GET", f"/topics/{topic}"))[1] == {"topic": topic, "subscribers": count}

async def sigterm(server):
    stuck = raw("stuck")
    async with subscribe("end") as connection:
        await get(connection)
        server.send_signal(signal.SIGTERM)
        start = time.monotonic()
        try:
            code = None
            await asyncio.wait_for(connection.recv(), 6)
        except Exception as error:
            code = getattr(getattr(error, "rcvd", None), "code", None)
        ended = await until(10, lambda: asyncio.to_thread(lambda: server.poll() is not None))
    stuck.close()
    return dict(code=code, ended=ended, seconds=time.monotonic() - start)

async def main():
    os.mkfifo("archive.pipe")
    environment = {**os.environ, "PORT": str(PORT), "ARCHIVE_PATH": os.path.abspath("archive.pipe")}
    server = subprocess.Popen([sys.executable, "app.py"], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    async def up():
        return (await request("GET", "/health"))[0] == 200
    facts["up"] = await until(15, up)
    for step in (archive_blocks, full_topic, slow_reader):
        try:
            facts[step.__name__] = await asyncio.wait_for(step(), 30)
        except Exception as error:
            facts[step.__name__] = {"error": repr(error)}
    try:
        facts["sigterm"] = await sigterm(server)
    except Exception as error:
        facts["sigterm"] = {"error": repr(error)}
    server.kill()
    print(json.dumps(facts), flush=True)
    os._exit(0)

asyncio.run(main())
"""

_probed = []


@pytest.fixture
def probed(run):
    """What PROBE saw. It takes some seconds, so it is done once."""
    if not _probed:
        result = run(["python", "-I", "probe.py"], files={"probe.py": PROBE}, seconds=SECONDS)
        _probed.append(json.loads(result.stdout) if result.exit_code == 0 else {"up": False, "why": result.stderr[-3000:]})
    assert _probed[0]["up"], _probed[0]
    return _probed[0]


@pytest.mark.criterion("event-loop")
def test_service_goes_on_while_the_archive_blocks(probed):
    seen = probed["archive_blocks"]
    assert seen.get("health") == [200, {"status": "ok"}], seen
    assert seen.get("late") == {"subscribed": "disk"}, seen


@pytest.mark.criterion("event-loop")
def test_message_is_archived_before_it_is_delivered(probed):
    seen = probed["archive_blocks"]
    assert (seen.get("answered"), seen.get("delivered", "")) == (False, None), seen
    assert json.loads(seen["archived"]) == {"topic": "disk", "data": "kept"}
    assert seen["answer"][0] == 202
    assert seen["message"] == {"id": seen["answer"][1]["id"], "topic": "disk", "data": "kept"}


@pytest.mark.criterion("slow-subscribers")
def test_topic_has_32_subscribers_at_most(probed):
    seen = probed["full_topic"]
    assert seen.get("before") == [200, {"topic": "full", "subscribers": 32}], seen
    assert seen["refused"] in (["InvalidStatus", None], ["ConnectionClosedError", 1013]), seen
    assert seen["elsewhere"] == {"subscribed": "other"}


@pytest.mark.criterion("slow-subscribers")
def test_slow_subscriber_holds_up_nobody(probed):
    seen = probed["slow_reader"]
    assert seen.get("statuses") == [202], seen
    assert seen["numbers"] == list(range(len(seen["numbers"])))


@pytest.mark.criterion("slow-subscribers")
def test_slow_subscriber_is_kept_while_few_messages_wait(probed):
    seen = probed["slow_reader"]
    assert seen.get("first") == [2] * 64, seen


@pytest.mark.criterion("slow-subscribers")
def test_slow_subscriber_is_dropped(probed):
    seen = probed["slow_reader"]
    assert (seen.get("last"), seen.get("left")) == ([1], True), seen


@pytest.mark.criterion("slow-subscribers")
def test_connection_of_a_dropped_subscriber_ends(probed):
    seen = probed["slow_reader"]
    assert seen.get("ended") is True, seen
    assert seen["size"] < len(seen["numbers"]) * 60_000


@pytest.mark.criterion("shutdown")
def test_subscribers_are_told_of_the_end(probed):
    assert probed["sigterm"].get("code") in (1001, 1012), probed["sigterm"]


@pytest.mark.criterion("shutdown")
def test_process_ends(probed):
    seen = probed["sigterm"]
    assert seen.get("ended"), seen
    assert seen["seconds"] < PATIENCE
