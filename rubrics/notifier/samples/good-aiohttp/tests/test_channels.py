import pytest

from channels import LISTENERS, WAITING, ChannelFull, Channels


def test_message_for_every_listener():
    channels = Channels()
    listeners = [channels.join("a"), channels.join("a")]
    other = channels.join("b")
    assert channels.tell("a", 5) == {"id": 1, "subscribers": 2}
    assert [each.mailbox.get_nowait()["data"] for each in listeners] == [5, 5]
    assert other.mailbox.empty()


def test_ids_go_on():
    channels = Channels()
    assert [channels.tell(topic, 0)["id"] for topic in "aba"] == [1, 2, 3]


def test_overflow():
    channels = Channels()
    listener = channels.join("a")
    for number in range(WAITING):
        assert channels.tell("a", number)["subscribers"] == 1
    assert channels.tell("a", "too much")["subscribers"] == 0
    assert listener.overflowed.is_set()


def test_leaving_twice():
    channels = Channels()
    listener = channels.join("a")
    channels.leave("a", listener)
    channels.leave("a", listener)
    assert channels.size("a") == 0


def test_full():
    channels = Channels()
    for _ in range(LISTENERS):
        channels.join("a")
    with pytest.raises(ChannelFull):
        channels.join("a")
