"""The client for addresses that people type: what it refuses, and that it connects to what it checked."""

from __future__ import annotations

import datetime as dt
import ipaddress
import socket
import ssl
import time
from collections.abc import Sequence
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from api.hooks.addresses import networks, refusal
from api.hooks.outside import Answer, NoAnswer, NotAllowed, Outside, Resolver, TooSlow, system_resolver
from api.settings import BadSettings, read_settings
from api.settings import Outside as Settings
from tests.api.hooks.receiving import (
    LOOPBACK,
    Receiver,
    answer,
    dripping,
    endless,
    receiving,
    reset,
    to_loopback,
)

REFUSED = """
0.0.0.0 10.1.2.3 100.64.0.1 100.100.100.200 127.0.0.1 127.255.255.254 169.254.169.254 172.16.0.1 172.31.255.255
192.0.0.192 192.0.2.1 192.88.99.1 192.168.1.1 198.18.0.1 198.51.100.1 203.0.113.1 224.0.0.1 239.255.255.255 240.0.0.1
255.255.255.255 168.63.129.16
:: ::1 ::127.0.0.1 ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:169.254.169.254 ::ffff:0:127.0.0.1 64:ff9b::7f00:1
64:ff9b::a9fe:a9fe 64:ff9b:1::1 100::1 2001::1 2001:db8::1 2002:7f00:1::1 2002:808:808::1 3fff::1 5f00::1 fc00::1
fd00:ec2::254 fe80::1 fe80::1%eth0 fec0::1 ff02::1
""".split()
REACHED = """
1.1.1.1 8.8.8.8 100.63.255.255 172.32.0.1 192.0.3.1 2606:4700:4700::1111 ::ffff:8.8.8.8 64:ff9b::808:808
""".split()


@pytest.mark.parametrize("address", REFUSED)
def test_addresses_that_are_not_public_are_refused(address: str) -> None:
    assert refusal(ipaddress.ip_address(address)) is not None


@pytest.mark.parametrize("address", REACHED)
def test_public_addresses_are_reached(address: str) -> None:
    assert refusal(ipaddress.ip_address(address)) is None


@given(st.ip_addresses())
def test_what_python_knows_to_be_private_is_refused(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> None:
    if address.is_private or address.is_loopback or address.is_link_local or address.is_multicast:
        mapped = getattr(address, "ipv4_mapped", None)
        assert refusal(address) is not None or (mapped is not None and mapped.is_global)


def test_networks_of_ones_own_can_be_allowed_but_never_open_the_metadata_by_the_way() -> None:
    allowed = networks("10.0.0.0/8, 169.254.0.0/16,fd00::/8")

    assert refusal(ipaddress.ip_address("10.9.8.7"), allowed) is None
    assert refusal(ipaddress.ip_address("::ffff:10.9.8.7"), allowed) is None
    assert refusal(ipaddress.ip_address("192.168.0.1"), allowed) is not None
    assert refusal(ipaddress.ip_address("169.254.169.254"), allowed) is not None
    assert refusal(ipaddress.ip_address("fd00:ec2::254"), allowed) is not None
    assert refusal(ipaddress.ip_address("169.254.169.254"), networks("169.254.169.254")) is None


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://example.com/", "https://"),
        ("ftp://example.com/", "https://"),
        ("file:///etc/passwd", "https://"),
        ("//example.com/", "https://"),
        ("https://", "no host"),
        ("https:///path", "no host"),
        ("https://user:secret@example.com/", "password"),
        ("https://127.0.0.1/", "this machine"),
        ("https://[::1]:8443/", "this machine"),
        ("https://[::ffff:127.0.0.1]/", "this machine"),
        ("https://169.254.169.254/latest/meta-data/", "credentials"),
        ("https://example.com:99999/", "no address"),
        ("https://example.com:0/", "no host"),
        ("https://example.com/#part", "#"),
        ("https://example.com/a b", "space"),
        ("https://example.com/\r\nX: y", "control"),
        ("https://ex\u00e4mple.com/", "xn--"),
        ("https://example.com\\@127.0.0.1/", "no host"),
        ("https://[::1/", "no address"),
        ("https://example.com/" + "a" * 2000, "2000"),
    ],
)
def test_addresses_are_refused_with_the_reason(url: str, why: str) -> None:
    with pytest.raises(NotAllowed, match=why):
        Outside(Settings()).check(url)


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.1", "0x7f.1", "2130706433", "0177.0.0.1", "localhost", "[::1]"]
)
def test_no_spelling_of_this_machine_is_reached(receiver: Receiver, host: str) -> None:
    with pytest.raises((NotAllowed, NoAnswer)):
        get(Outside(Settings(allow_http=True)), f"http://{host}:{receiver.port}/")

    assert receiver.got == []


def get(outside: Outside, url: str, seconds: float = 5, most: int = 100) -> Answer:
    return outside.request("GET", url, headers={}, seconds=seconds, most_bytes=most)


def test_one_bad_address_beside_a_good_one_is_enough_to_refuse(receiver: Receiver) -> None:
    outside = to_loopback(lambda *_: ["127.0.0.1", "10.0.0.1"])

    with pytest.raises(NotAllowed, match=r"10\.0\.0\.1"):
        get(outside, f"http://name.example:{receiver.port}/")


def test_a_name_is_resolved_once_and_the_checked_address_is_connected_to(receiver: Receiver) -> None:
    """DNS rebinding: the second answer of the name server would lead elsewhere."""
    asked: list[str] = []

    def rebinding(host: str, port: int) -> Sequence[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["169.254.169.254"]

    got = get(to_loopback(rebinding), f"http://rebinding.example:{receiver.port}/path?x=1")

    assert (asked, got.status, got.address) == (["rebinding.example"], 204, "127.0.0.1")
    assert receiver.got[0].headers["host"] == f"rebinding.example:{receiver.port}"
    assert receiver.got[0].path == "/path?x=1"
    with pytest.raises(NotAllowed):
        get(to_loopback(rebinding), f"http://rebinding.example:{receiver.port}/")


def test_proxies_of_the_environment_are_not_used(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    with receiving() as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")

        get(to_loopback(), receiver.url)

        assert (len(receiver.got), proxy.got) == (1, [])


def test_redirects_are_answers(receiver: Receiver) -> None:
    receiver.behaviours = [answer(302, Location="http://169.254.169.254/")]

    assert get(to_loopback(), receiver.url).status == 302


def test_no_more_of_an_answer_is_read_than_asked_for(receiver: Receiver) -> None:
    receiver.behaviours = [endless]

    got = get(to_loopback(), receiver.url, most=1000)

    assert (len(got.body), got.cut) == (1000, True)


def test_an_answer_that_drips_is_cut_off_when_the_whole_time_is_over(receiver: Receiver) -> None:
    receiver.behaviours = [dripping]
    started = time.monotonic()

    with pytest.raises(TooSlow, match=r"within 0\.5 s"):
        get(to_loopback(), receiver.url, seconds=0.5, most=10**6)

    assert time.monotonic() - started < 3


def test_a_name_server_that_does_not_answer_counts_against_the_time() -> None:
    def slow(host: str, port: int) -> Sequence[str]:
        time.sleep(2)
        return ["127.0.0.1"]

    with pytest.raises(TooSlow, match="name server"):
        get(to_loopback(slow), "http://slow.example/", seconds=0.2)


def test_failures_are_told_in_words(receiver: Receiver) -> None:
    receiver.behaviours = [reset]
    with pytest.raises(NoAnswer, match="Connection reset by peer"):
        get(to_loopback(), receiver.url)
    with pytest.raises(NoAnswer, match="is not known"):
        get(to_loopback(unknown), "http://nowhere.example/")
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with pytest.raises(NoAnswer, match="Connection refused"):
        get(to_loopback(), f"http://127.0.0.1:{port}/")


def unknown(host: str, port: int) -> Sequence[str]:
    raise socket.gaierror(-2, "Name or service not known")


def test_what_is_not_http_is_told_in_words() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        import threading

        def serve() -> None:
            connection, _ = other.accept()
            connection.recv(1000)
            connection.sendall(b"SSH-2.0-OpenSSH_9.2\r\n\r\n")
            connection.close()

        thread = threading.Thread(target=serve)
        thread.start()
        with pytest.raises(NoAnswer, match="not HTTP"):
            get(to_loopback(), f"http://127.0.0.1:{other.getsockname()[1]}/")
        thread.join()


def certificate(folder: Path, name: str) -> tuple[Path, ssl.SSLContext]:
    """A certificate for `name`, which is its own authority, and a server's context with it."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, SHA256())
    )
    public, private = folder / "public.pem", folder / "private.pem"
    public.write_bytes(made.public_bytes(Encoding.PEM))
    private.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(public, private)
    return public, context


def test_tls_is_with_the_name_although_the_address_is_pinned(tmp_path: Path) -> None:
    authority, context = certificate(tmp_path, "hooks.example")
    names: list[str | None] = []
    context.sni_callback = lambda _connection, name, _context: names.append(name)
    settings = LOOPBACK.model_copy(update={"ca_file": str(authority), "allow_http": False})
    resolver: Resolver = lambda *_: ["127.0.0.1"]  # noqa: E731
    with receiving(context) as receiver:
        got = get(Outside(settings, resolver), f"https://hooks.example:{receiver.port}/")
        assert (got.status, names) == (204, ["hooks.example"])

        with pytest.raises(NoAnswer, match=r"certificate of other\.example is not valid: Hostname mismatch"):
            get(Outside(settings, resolver), f"https://other.example:{receiver.port}/")
        with pytest.raises(NoAnswer, match=r"certificate of hooks\.example is not valid: self-signed"):
            get(to_loopback(resolver), f"https://hooks.example:{receiver.port}/")


def test_the_system_resolves_names() -> None:
    assert "127.0.0.1" in system_resolver("localhost", 80)


def test_settings_that_are_no_networks_are_refused() -> None:
    with pytest.raises(BadSettings, match=r"10\.0\.0\.1/8 is no network"):
        read_settings(outside={"allowed_networks": "10.0.0.1/8"})
    with pytest.raises(BadSettings, match="there is no file"):
        read_settings(outside={"ca_file": "/nowhere.pem"})
