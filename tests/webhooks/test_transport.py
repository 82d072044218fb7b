"""A webhook goes where it was meant to go, and comes to an end."""

import datetime as dt
import ipaddress
import ssl
import tempfile
import threading

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from plg.kit.clock import now
from plg.webhooks import targets
from plg.webhooks.payloads import type_of
from plg.webhooks.targets import UrlRefused
from plg.webhooks.transport import WebhookGateway
from tests.webhooks.receiver import drip, hang_up, receiving, status, when


@pytest.fixture
def receiver():
    with receiving() as found:
        yield found


@pytest.mark.parametrize("is_silent", [True, False], ids=["silent", "byte by byte"])
def test_who_answers_too_slowly_is_not_waited_for(receiver, is_silent):
    released = threading.Event()
    receiver.replies.append(when(released) if is_silent else drip(released))
    answer = WebhookGateway(private=True, timeout=0.3).post(receiver.url, "{}", {})
    released.set()

    assert (answer.status, answer.error) == (None, "no answer within 0.3 seconds")


def test_redirects_are_not_followed_and_a_lost_answer_is_told(receiver):
    gateway = WebhookGateway(private=True)
    receiver.replies.extend([status(307, Location=receiver.url), hang_up])
    moved, lost = (gateway.post(receiver.url, "{}", {}) for _ in range(2))

    assert (moved.status, moved.is_success, len(receiver.received)) == (307, False, 2)
    assert lost.status is None and "RemoteDisconnected" in lost.error


def test_of_a_long_answer_the_beginning_is_kept(receiver):
    receiver.replies.append(status(200, "a\0" + "é" * 5000))

    assert WebhookGateway(private=True).post(receiver.url, "{}", {}).body == "a\ufffd" + "é" * 998


@pytest.mark.parametrize(
    ("asked", "is_heeded"),
    [("120", True), ("Wed, 21 Oct 2099 07:28:00 GMT", True), ("soon", False), ("9" * 30, False)],
)
def test_how_long_to_wait_is_told_in_seconds_or_by_a_date(receiver, asked, is_heeded):
    receiver.replies.append(status(503, Retry_After=asked))
    pause = WebhookGateway(private=True).post(receiver.url, "{}", {}).retry_after

    assert (pause is not None and pause >= dt.timedelta(seconds=120)) is is_heeded


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_this_machine_is_not_called_unless_it_may_be(receiver, host):
    url = receiver.url.replace("127.0.0.1", host)
    answer = WebhookGateway(private=False).post(url, "{}", {})

    assert (answer.status, receiver.received) == (None, [])
    assert answer.error == f"TargetRefused: {host} is not on the public internet"


@pytest.mark.parametrize(
    ("address", "is_public"),
    [
        ("93.184.215.14", True),
        ("2606:2800:21f:cb07:6820:80da:af6b:8b2c", True),
        ("64:ff9b::5db8:d70e", True),
        ("10.0.0.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("::1", False),
        ("::", False),
        ("fe80::1", False),
        ("fec0::1", False),
        ("fd00:ec2::254", False),
        ("ff02::1", False),
        ("::ffff:127.0.0.1", False),
        ("64:ff9b::a9fe:a9fe", False),
        ("2002:7f00:1::1", False),
    ],
)
def test_an_address_is_public_or_not(address, is_public):
    assert targets.is_public(ipaddress.ip_address(address)) is is_public


@pytest.mark.parametrize(
    "url",
    [
        "",
        "example.com/hook",
        "ftp://example.com",
        "http://example.com/hook",
        "https://",
        "https://user:pass@example.com/",
        "https://example.com:99999/",
        "https://[::1/",
        "https://[::1]/",
        "https://169.254.169.254/latest",
        "https://localhost/hook",
        "https://localhost./hook",
        "https://example.com/a b",
        "https://example.com/\r\nX: y",
        "https://example.com/#part",
        "https://example.com/" + "x" * 2000,
    ],
)
def test_an_address_that_is_none_is_refused(url):
    with pytest.raises(UrlRefused):
        targets.check_url(url, private=False)


def test_over_tls_the_name_must_be_the_certificates():
    authority, server = certificate_of("localhost")
    with receiving(server) as receiver:
        gateway = WebhookGateway(private=True, tls=authority)
        right = gateway.post(receiver.url, "{}", {})
        wrong = gateway.post(receiver.url.replace("localhost", "127.0.0.1"), "{}", {})
        unknown = WebhookGateway(private=True).post(receiver.url, "{}", {})

    assert right.status == 204
    assert "CERTIFICATE_VERIFY_FAILED" in wrong.error and "CERTIFICATE_VERIFY_FAILED" in unknown.error
    assert len(receiver.received) == 1


@pytest.mark.parametrize(
    ("name", "type"),
    [
        ("Trial Started", "trial.started"),
        ("Trial Days Earned", "trial.days_earned"),
        ("Two-Step Turned On", "two_step.turned_on"),
        ("Activated", "activated"),
    ],
)
def test_types_are_words_between_full_stops(name, type):
    assert type_of(name) == type


def certificate_of(host):
    """(ssl context that believes it, ssl context that shows it) of a new certificate."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, host)])
    day = dt.timedelta(days=1)
    built = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    built = built.serial_number(1).not_valid_before(now() - day).not_valid_after(now() + day)
    names = x509.SubjectAlternativeName([x509.DNSName(host)])
    pem = built.add_extension(names, critical=False).sign(key, hashes.SHA256())
    return _believing(pem), _showing(pem, key)


def _believing(certificate):
    text = certificate.public_bytes(serialization.Encoding.PEM).decode()
    return ssl.create_default_context(cadata=text)


def _showing(certificate, key):
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.NamedTemporaryFile() as file:
        file.write(private + certificate.public_bytes(serialization.Encoding.PEM))
        file.flush()
        context.load_cert_chain(file.name)
    return context
