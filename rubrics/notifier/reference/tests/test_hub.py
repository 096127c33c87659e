"""Tests of who gets what, without a network."""

from __future__ import annotations

import pytest

from hub import Hub, Subscriber, TopicFull

MAX_WAITING = 64
MAX_SUBSCRIBERS = 32


def waiting(subscriber: Subscriber) -> list[object]:
    return [subscriber.waiting.get_nowait()["data"] for _ in range(subscriber.waiting.qsize())]


def test_message_goes_to_all_subscribers_of_its_topic_and_no_other() -> None:
    hub = Hub()
    first, second, other = hub.subscribe("a"), hub.subscribe("a"), hub.subscribe("b")
    assert hub.publish("a", "news") == (1, 2)
    assert [waiting(each) for each in (first, second, other)] == [["news"], ["news"], []]


def test_numbers_count_over_all_topics() -> None:
    hub = Hub()
    assert [hub.publish(topic, None)[0] for topic in ("a", "b", "a")] == [1, 2, 3]


def test_unsubscribed_is_forgotten() -> None:
    hub = Hub()
    subscriber = hub.subscribe("a")
    hub.unsubscribe("a", subscriber)
    assert (hub.count("a"), hub.publish("a", 1)) == (0, (1, 0))


def test_slow_subscriber_is_dropped_and_the_others_are_served() -> None:
    hub = Hub()
    slow, quick = hub.subscribe("a"), hub.subscribe("a")
    for number in range(MAX_WAITING):
        hub.publish("a", number)
        assert waiting(quick) == [number]
    assert not slow.dropped.is_set()
    assert hub.publish("a", "one more")[1] == 1
    assert slow.dropped.is_set()
    assert waiting(quick) == ["one more"]


def test_topic_has_so_many_subscribers_at_most() -> None:
    hub = Hub()
    for _ in range(MAX_SUBSCRIBERS):
        hub.subscribe("a")
    with pytest.raises(TopicFull, match="a has 32"):
        hub.subscribe("a")
    hub.subscribe("b")
