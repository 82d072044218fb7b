"""A stand-in for an object store over HTTP: S3's PUT, GET, HEAD, DELETE (also of many), ListObjectsV2 and multipart
uploads, of one bucket, path-style. Requests must be signed (SigV4) with the key that it knows."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import parse_qs
from xml.sax.saxutils import escape, unescape


class ObjectStore:
    """objects: what is there, by key. refuse: called with method and key; a status it returns is answered."""

    def __init__(self, bucket: str, key_id: str) -> None:
        self.objects: dict[str, bytes] = {}
        self.requests: list[tuple[str, str]] = []
        self.refuse: Callable[[str, str], str | None] = lambda method, key: None
        self._bucket, self._key_id = bucket, key_id
        self._uploads: dict[str, dict[int, bytes]] = {}

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
        key = path.removeprefix(f"/{self._bucket}").lstrip("/")
        query = parse_qs(environ.get("QUERY_STRING", ""), keep_blank_values=True)
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        self.requests.append((method, key))
        status, answer, headers = self._answer(environ, method, key, query, body)
        start_response(status, [("Content-Length", str(len(answer))), *headers])
        return [b"" if method == "HEAD" else answer]

    def _answer(
        self, environ: dict[str, Any], method: str, key: str, query: dict[str, list[str]], body: bytes
    ) -> tuple[str, bytes, list[tuple[str, str]]]:
        if f"AWS4-HMAC-SHA256 Credential={self._key_id}/" not in environ.get("HTTP_AUTHORIZATION", ""):
            return "403 Forbidden", b"<Error><Code>AccessDenied</Code></Error>", []
        if refused := self.refuse(method, key):
            return refused, b"<Error><Code>Refused</Code></Error>", []
        etag = [("ETag", '"0"'), ("Last-Modified", "Mon, 04 May 2026 00:00:00 GMT")]
        if method == "GET" and "list-type" in query:
            return "200 OK", self._listed(query.get("prefix", [""])[0]), []
        if method == "POST" and "uploads" in query:
            self._uploads[key] = {}
            return "200 OK", b"<R><UploadId>u</UploadId></R>", []
        if method == "PUT" and "partNumber" in query:
            self._uploads[key][int(query["partNumber"][0])] = body
            return "200 OK", b"", etag
        if method == "POST" and "uploadId" in query:
            self.objects[key] = b"".join(part for _, part in sorted(self._uploads.pop(key).items()))
            return "200 OK", b'<R><ETag>"0"</ETag></R>', []
        if method == "POST" and "delete" in query:
            keys = [unescape(found) for found in re.findall(r"<Key>(.*?)</Key>", body.decode())]
            gone = "".join(f"<Deleted><Key>{escape(each)}</Key></Deleted>" for each in keys)
            for each in keys:
                self.objects.pop(each, None)
            return "200 OK", f"<DeleteResult>{gone}</DeleteResult>".encode(), []
        if method == "PUT":
            self.objects[key] = body
            return "200 OK", b"", etag
        if method == "DELETE":
            self.objects.pop(key, None)
            return "204 No Content", b"", []
        if key in self.objects:
            return "200 OK", self.objects[key], etag
        return "404 Not Found", b"<Error><Code>NoSuchKey</Code></Error>", []

    def _listed(self, prefix: str) -> bytes:
        rows = "".join(
            f"<Contents><Key>{escape(key)}</Key><LastModified>2026-05-04T00:00:00.000Z</LastModified>"
            f"<ETag>0</ETag><Size>{len(found)}</Size></Contents>"
            for key, found in sorted(self.objects.items())
            if key.startswith(prefix)
        )
        head = f"<Name>{self._bucket}</Name><IsTruncated>false</IsTruncated>"
        return f"<?xml version='1.0'?><ListBucketResult>{head}{rows}</ListBucketResult>".encode()
