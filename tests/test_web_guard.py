"""Security: who may speak to the studio, and what every answer forbids a page."""

import re

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient, WebSocketDenialResponse

from lawful.web.guard import LARGEST, Guard, Guarded, hosts

HOST = "127.0.0.1:8642"
HOME = f"http://{HOST}"


async def _hello(request: Request):
    return PlainTextResponse((await request.body()).decode() or "hello")


async def _line(socket):
    await socket.accept()
    await socket.send_text("hello")
    await socket.close()


GUARD = Guard(hosts(["127.0.0.1", "localhost", "::1"], 8642), "s3cret", (("/large", 3_000_000),))


@pytest.fixture
def client():
    app = Starlette(
        routes=[
            Route("/{rest:path}", _hello, methods=["GET", "POST"]),
            WebSocketRoute("/ws", _line),
        ]
    )
    with TestClient(Guarded(app, GUARD), base_url=HOME, follow_redirects=False) as made:
        yield made


@pytest.fixture
def known(client):
    """A client that has been welcomed."""
    answer = client.get("/?token=s3cret")
    assert answer.status_code == 303
    return client


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:8642", "127.0.0.1", "127.0.0.1:80", "127.0.0.1.nip.io:8642", ""],
)
def test_another_host_is_400_even_with_the_cookie(known, host):
    answer = known.get("/", headers={"host": host})
    assert answer.status_code == 400
    assert answer.json()["error"]["expected"] == "the address that `lawful open` printed"


@pytest.mark.parametrize("host", ["localhost:8642", "LOCALHOST:8642", "[::1]:8642"])
def test_all_names_of_this_machine_are_good(known, host):
    answer = known.get("/", headers={"host": host, "authorization": "Bearer s3cret"})
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "origin",
    [None, "null", "https://evil.example", "http://127.0.0.1:9", "http://127.0.0.1", "file://",
     f"http://evil.example/{HOST}", f"http://{HOST}.evil.example"],
)  # fmt: skip
def test_a_foreign_or_missing_origin_is_403_on_post(known, origin):
    headers = {} if origin is None else {"origin": origin}
    assert known.post("/api/v1/jobs", content="{}", headers=headers).status_code == 403


@pytest.mark.parametrize("origin", [None, "null", "https://evil.example", "http://127.0.0.1:9"])
def test_a_foreign_or_missing_origin_is_403_on_the_line(known, origin):
    headers = {} if origin is None else {"origin": origin}
    with (
        pytest.raises(WebSocketDenialResponse) as refused,
        known.websocket_connect(f"ws://{HOST}/ws", headers=headers),
    ):
        pass
    assert refused.value.status_code == 403


def test_a_foreign_page_may_not_even_read(known):
    assert known.get("/", headers={"origin": "https://evil.example"}).status_code == 403


def test_a_page_of_ours_may_post_and_open_the_line(known):
    headers = {"origin": HOME}
    assert known.post("/api", content="x", headers=headers).text == "x"
    with known.websocket_connect(f"ws://{HOST}/ws", headers=headers) as line:
        assert line.receive_text() == "hello"


def test_the_line_without_a_token_is_401(client):
    with (
        pytest.raises(WebSocketDenialResponse) as refused,
        client.websocket_connect(f"ws://{HOST}/ws?token=s3cret", headers={"origin": HOME}),
    ):
        pass
    assert refused.value.status_code == 401


@pytest.mark.parametrize("query", ["", "?token=", "?token=wrong", "?token=s3cre", "?Token=s3cret"])
def test_no_token_no_page(client, query):
    answer = client.get("/" + query)
    assert answer.status_code == 401
    assert "lawful open" in answer.text
    assert "set-cookie" not in answer.headers
    assert client.get("/api/v1/runs" + query).json()["error"]["got"] == "no token"


def test_the_token_stands_in_the_address_once_then_in_a_cookie_no_script_reads(client):
    answer = client.get("/?token=s3cret&a=1&b=")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/?a=1&b="
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert re.search("samesite=strict", cookie, re.I)
    assert "s3cret" not in cookie
    assert client.get("/").text == "hello"


@pytest.mark.parametrize("path", ["//evil.example/x", "/\\evil.example"])
def test_the_welcome_leads_nowhere_else(client, path):
    answer = client.request("GET", HOME + path + "?token=s3cret")
    where = answer.headers["location"]
    assert where.startswith("/")
    assert not re.match(r"/[/\\]", where)


@pytest.mark.parametrize(
    "cookie", ["lawful=", "lawful=x", 'lawful="', "a=b; lawful", "lawful=s3cret"]
)
def test_a_false_cookie_is_no_token(client, cookie):
    assert client.get("/", headers={"cookie": cookie}).status_code == 401


def test_programs_bring_the_token_in_a_header(client):
    assert client.get("/", headers={"authorization": "Bearer s3cret"}).status_code == 200
    assert client.get("/", headers={"authorization": "Basic s3cret"}).status_code == 401
    assert client.get("/", headers={"authorization": "Bearer ünsinn".encode()}).status_code == 401


def test_health_is_open_to_programs_of_this_machine(client):
    assert client.get("/api/v1/health").status_code == 200
    assert client.get("/api/v1/health", headers={"host": "evil.example"}).status_code == 400


@pytest.mark.parametrize(("query", "status"), [("", 401), ("?token=s3cret", 303)])
def test_every_answer_carries_the_policy(client, query, status):
    answer = client.get("/" + query)
    assert answer.status_code == status
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert "*" not in policy
    assert "http" not in policy
    assert "frame-ancestors 'none'" in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"


def test_json_is_never_kept_by_a_browser(known):
    assert known.get("/api/v1/x").headers["cache-control"] == "no-store"
    assert known.get("/shell.js").headers["cache-control"] == "no-cache"


def test_a_body_has_a_largest_size(known):
    headers = {"origin": HOME}
    assert known.post("/api", content=b"x" * LARGEST, headers=headers).status_code == 200
    answer = known.post("/api", content=b"x" * (LARGEST + 1), headers=headers)
    assert answer.status_code == 413
    assert known.post("/large", content=b"x" * (LARGEST + 1), headers=headers).status_code == 200


def test_a_body_of_untold_length_is_cut_at_the_same_size(known):
    def pieces():
        for _ in range(30):
            yield b"x" * 100_000

    with pytest.raises(Exception, match="more than 1000000 bytes"):
        known.post("/api", content=pieces(), headers={"origin": HOME})
