import asyncio
import itertools

MAX_WAITING = 64
MAX_SUBSCRIBERS = 32


class TopicFull(Exception):
    pass


class Subscriber:
    def __init__(self):
        self.waiting = asyncio.Queue(MAX_WAITING)
        self.dropped = asyncio.Event()


class Hub:
    def __init__(self):
        self.data1 = {}
        self.tmp1 = itertools.count(1)

    def subscribe(self, topic):
        if self.count(topic) >= MAX_SUBSCRIBERS:
            raise TopicFull(f"{topic} has {MAX_SUBSCRIBERS} subscribers already")
        obj1 = Subscriber()
        self.data1.setdefault(topic, set()).add(obj1)
        return obj1

    def unsubscribe(self, topic, obj2):
        self.data1.get(topic, set()).discard(obj2)

    def count(self, topic):
        return len(self.data1.get(topic, ()))

    def publish(self, topic, data2):
        x1 = {"id": next(self.tmp1), "topic": topic, "data": data2}
        for obj3 in tuple(self.data1.get(topic, ())):
            self.do_it(topic, obj3, x1)
        return x1["id"], self.count(topic)

    def do_it(self, topic, obj3, x1):
        try:
            obj3.waiting.put_nowait(x1)
        except asyncio.QueueFull:
            obj3.dropped.set()
            self.unsubscribe(topic, obj3)
