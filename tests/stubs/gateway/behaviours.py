"""What the stub can do instead of, or on the way to, a good answer.

A behaviour is written as ``name=value`` parts joined by ``+``; parts without a value are switches:

=================  ===========================================================================
``latency=MS``     wait before answering; ``spread=MS`` adds up to so much, by the body
``text=WORDS``     the answer; otherwise a sentence that depends on the messages alone
``status=N``       answer with that status; ``retry-after=TEXT`` adds the header
``code=WORD``      the ``code`` of the error body; ``no-db`` LiteLLM's 400 for a wrong key
``times=N``        the fault befalls only the first N requests (of an idempotency key or body)
``share=F``        the fault befalls that share of the bodies, always the same ones
``every=N``        the fault befalls every N-th request
``rate=N``         at most N requests a second, else 429; ``burst=N`` (default N) at once
``window=N``       at most N requests in any second, else 429
``hang``           take the request and never answer
``slow-headers``   the head one byte a time; ``drip`` the body; ``gap=MS`` between the bytes
``reset``          take the request and cut the connection; ``lost`` the same, counted as done
``big=MIB``        so many mebibytes; ``no-length`` without saying how long it is
``gzip-bomb=MIB``  so many mebibytes, compressed; ``gzip`` a good answer, compressed
``bad-gzip``       says gzip, is not
``cut``            the JSON ends half-way; ``cut-length`` the body is shorter than it says
``cut-stream``     a stream that stops; ``no-done`` a stream without its last word
``usage=WORD``     missing, negative, huge, float, string, cached-huge, a-word
``model=NAME``     the answer names another model; ``cost=TEXT`` the cost header
``redirect=URL``   302 to there
=================  ===========================================================================

Bodies that are no completion, or hardly one: ``html empty no-choices null list parts nan duplicate
utf8 nul surrogate deep digits garbage``. How an answer ends: ``refusal content-filter length
tool-calls``.
"""

import gzip
import json
import time
import zlib
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

Body = dict[str, Any]


@dataclass
class Reply:
    """Bytes to send one after the other, ``gap`` seconds between them, ``latency`` seconds before
    the first.
    """

    parts: list[bytes] = field(default_factory=list)
    latency: float = 0.0
    gap: float = 0.0
    status: int = 200
    then: str = "keep"  # keep, close, reset or hang


class Behaviour:
    """One behaviour of one model. It remembers what it has seen, for faults that end and for
    limits.
    """

    def __init__(self, spec: str = "", *, answer: Callable[[Body], str] | None = None) -> None:
        self.options: dict[str, str] = {}
        for part in filter(None, spec.split("+")):
            name, _, value = part.partition("=")
            self.options[name] = value
        self._answer = answer
        self._seen: dict[str, int] = {}
        self._number = 0
        self._tokens = float(self.options.get("burst") or self.options.get("rate") or 0)
        self._filled_at = time.monotonic()
        self._passed: deque[float] = deque()

    def reply(self, body: Body, headers: Mapping[str, str]) -> Reply:
        """The reply to one request."""
        raw = json.dumps(body, sort_keys=True)
        latency = float(self.options.get("latency", 0)) / 1000
        latency += (
            float(self.options.get("spread", 0)) / 1000 * (zlib.crc32(raw.encode()) % 1000) / 1000
        )
        if self._limited():
            reply = self._error(429)
        elif self._befalls(headers.get("idempotency-key") or raw, raw):
            reply = self._fault(body)
        else:
            reply = self._good(body)
        reply.latency = latency
        return reply

    def _befalls(self, key: str, raw: str) -> bool:
        self._number += 1
        seen = self._seen[key] = self._seen.get(key, 0) + 1
        if "times" in self.options and seen > int(self.options["times"]):
            return False
        if "every" in self.options and self._number % int(self.options["every"]):
            return False
        return "share" not in self.options or zlib.crc32(raw.encode()) % 1000 < 1000 * float(
            self.options["share"]
        )

    def _limited(self) -> bool:
        now = time.monotonic()
        if "window" in self.options:
            while self._passed and self._passed[0] <= now - 1:
                self._passed.popleft()
            if len(self._passed) >= int(self.options["window"]):
                return True
            self._passed.append(now)
        if "rate" in self.options:
            rate = float(self.options["rate"])
            burst = float(self.options.get("burst") or rate)
            self._tokens = min(burst, self._tokens + (now - self._filled_at) * rate)
            self._filled_at = now
            if self._tokens < 1:
                return True
            self._tokens -= 1
        return False

    def _text(self, body: Body) -> str:
        if "text" in self.options:
            return self.options["text"]
        if self._answer is not None:
            return self._answer(body)
        return f"stub answer {zlib.crc32(json.dumps(body.get('messages')).encode()):08x}"

    def completion(self, body: Body) -> Body:
        """A good answer, with the small lies that were asked for."""
        text = self._text(body)
        prompt = sum(
            len(str(message.get("content"))) // 4 + 4 for message in body.get("messages", [])
        )
        message: Body = {"role": "assistant", "content": text}
        finish = "stop"
        if "refusal" in self.options:
            message |= {"content": None, "refusal": "I cannot help with that."}
        if "content-filter" in self.options:
            message["content"], finish = None, "content_filter"
        if "length" in self.options:
            finish = "length"
        if "tool-calls" in self.options:
            message |= {"content": None, "tool_calls": [{"id": "t1", "type": "function"}]}
            finish = "tool_calls"
        usage: Any = {
            "prompt_tokens": prompt,
            "completion_tokens": max(1, len(text) // 4),
            "total_tokens": prompt + max(1, len(text) // 4),
        }
        lie = self.options.get("usage")
        if lie in USAGE_LIES:
            usage = {**usage, **USAGE_LIES[lie]}
        elif lie == "a-word":
            usage = "many"
        value: Body = {
            "id": f"chatcmpl-{self._number}",
            "object": "chat.completion",
            "model": self.options.get("model", body.get("model")),
            "choices": [{"index": 0, "message": message, "finish_reason": finish}],
            "usage": usage,
        }
        if lie == "missing":
            del value["usage"]
        return value

    def _good(self, body: Body) -> Reply:
        if body.get("stream"):
            return Reply([head(200, None, "text/event-stream"), *self._events(body)], then="close")
        return Reply([self._ok(json.dumps(self.completion(body)).encode())])

    def _ok(self, payload: bytes, *extra: str) -> bytes:
        if "cost" in self.options:
            extra = (*extra, f"x-litellm-response-cost: {self.options['cost']}")
        return (
            head(
                200,
                len(payload),
                "application/json",
                f"x-litellm-call-id: call-{self._number}",
                *extra,
            )
            + payload
        )

    def _events(self, body: Body) -> list[bytes]:
        value = self.completion(body)
        choice = value["choices"][0]
        base = {"id": value["id"], "object": "chat.completion.chunk", "model": value["model"]}
        text = str(choice["message"]["content"] or "")
        deltas = [{"role": "assistant", "content": ""}]
        deltas += [{"content": text[at : at + 5]} for at in range(0, len(text), 5)]
        if "refusal" in choice["message"]:
            deltas.append({"refusal": choice["message"]["refusal"]})
        events: list[Body] = [
            {**base, "choices": [{"index": 0, "delta": delta}]} for delta in deltas
        ]
        events.append(
            {
                **base,
                "choices": [{"index": 0, "delta": {}, "finish_reason": choice["finish_reason"]}],
            }
        )
        if "usage" in value:
            events.append({**base, "choices": [], "usage": value["usage"]})
        lines = [f"data: {json.dumps(event)}\n\n".encode() for event in events]
        if "cut-stream" in self.options:
            return lines[: len(lines) // 2]
        return lines if "no-done" in self.options else [*lines, b"data: [DONE]\n\n"]

    def _error(self, status: int) -> Reply:
        code = self.options.get("code", str(status))
        message = (
            "No connected db."
            if "no-db" in self.options
            else "the stub says no; key sk-secret at 10.1.2.3"
        )
        payload = json.dumps({"error": {"message": message, "type": code, "code": code}}).encode()
        extra = (
            [f"Retry-After: {self.options['retry-after']}"] if "retry-after" in self.options else []
        )
        return Reply(
            [head(status, len(payload), "application/json", *extra) + payload], status=status
        )

    def _fault(self, body: Body) -> Reply:
        options = self.options
        if "status" in options or "no-db" in options:
            return self._error(int(options.get("status", 400)))
        if "hang" in options:
            return Reply(then="hang", status=0)
        if "reset" in options or "lost" in options:
            return Reply(then="reset", status=200 if "lost" in options else 0)
        if "redirect" in options:
            return Reply(
                [head(302, 0, "text/plain", f"Location: {options['redirect']}")], status=302
            )
        good = self._good(body)
        whole = b"".join(good.parts)
        gap = float(options.get("gap", 1000)) / 1000
        if "slow-headers" in options:
            return Reply([bytes([byte]) for byte in whole], gap=gap)
        if "drip" in options:
            start, _, payload = whole.partition(b"\r\n\r\n")
            return Reply([start + b"\r\n\r\n", *(bytes([byte]) for byte in payload)], gap=gap)
        if "cut-length" in options:
            return Reply([whole[:-20]], then="close")
        if "garbage" in options:
            return Reply([b"\x00\x01 this is not HTTP\r\n\r\n"], then="close")
        if "gzip-bomb" in options:
            packer = zlib.compressobj(9, zlib.DEFLATED, 31)
            piece = packer.compress(b" " * (1 << 20))
            packed = piece + b"".join(
                packer.compress(b" " * (1 << 20)) for _ in range(int(options["gzip-bomb"]) - 1)
            )
            packed += packer.flush()
            return Reply(
                [head(200, len(packed), "application/json", "Content-Encoding: gzip") + packed]
            )
        if "gzip" in options:
            packed = gzip.compress(json.dumps(self.completion(body)).encode())
            return Reply([self._ok(packed, "Content-Encoding: gzip")])
        if "bad-gzip" in options:
            return Reply([self._ok(b"this is not gzip", "Content-Encoding: gzip")])
        if "big" in options:
            mebibytes = int(options["big"])
            length = None if "no-length" in options else mebibytes << 20
            return Reply(
                [head(200, length, "application/json"), *([b"x" * (1 << 20)] * mebibytes)],
                then="close",
            )
        for name, make in BODIES.items():
            if name in options:
                return Reply([self._ok(make(self.completion(body)))])
        return good


USAGE_LIES: dict[str | None, Body] = {
    "negative": {"prompt_tokens": -5, "completion_tokens": -1},
    "huge": {"prompt_tokens": 10**18, "completion_tokens": 10**18},
    "float": {"prompt_tokens": 12.5, "completion_tokens": 3.0},
    "string": {"prompt_tokens": "12", "completion_tokens": "3"},
    "cached-huge": {"prompt_tokens_details": {"cached_tokens": 10**9}},
}


def _with_content(value: Body, content: object) -> bytes:
    value["choices"][0]["message"]["content"] = content
    return json.dumps(value).encode()


BODIES: dict[str, Callable[[Body], bytes]] = {
    "cut": lambda value: json.dumps(value).encode()[:-60],
    "html": lambda value: b"<!doctype html><title>502 Bad Gateway</title><p>10.1.2.3 sk-secret",
    "empty": lambda value: b"{}",
    "no-choices": lambda value: json.dumps({**value, "choices": []}).encode(),
    "null": lambda value: _with_content(value, None),
    "list": lambda value: _with_content(value, [{"type": "image_url", "image_url": {}}]),
    "parts": lambda value: _with_content(
        value, [{"type": "text", "text": "first "}, {"type": "text", "text": "second"}]
    ),
    "nan": lambda value: json.dumps({**value, "score": float("nan")}).encode(),
    "duplicate": lambda value: b'{"choices": [], ' + json.dumps(value).encode()[1:],
    "utf8": lambda value: _with_content(value, "XX").replace(b"XX", b"caf\xe9 \xff"),
    "nul": lambda value: _with_content(value, "a\x00b"),
    "surrogate": lambda value: _with_content(value, "a\ud800b"),
    "deep": lambda value: b"[" * 100_000,
    "digits": lambda value: b'{"choices": ' + b"9" * 5000 + b"}",
}


def head(status: int, length: int | None, kind: str, *extra: str) -> bytes:
    """The head of an HTTP reply; without a length the body ends with the connection."""
    lines = [f"HTTP/1.1 {status} Stub", f"Content-Type: {kind}", *extra]
    lines.append("Connection: close" if length is None else f"Content-Length: {length}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode()
