"""Where exports go: a folder below `data_dir`, or a bucket of any store that speaks S3's protocol."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Protocol
from urllib.parse import urlsplit

import obstore
from flask import current_app
from obstore.exceptions import BaseError
from obstore.store import LocalStore, ObjectStore, S3Store

from plg.kit.errors import Refusal
from plg.settings import Settings
from plg.webhooks import targets
from plg.webhooks.targets import TargetRefused, UrlRefused

Target = Literal["folder", "s3"]
PIECE = 8 * 1024 * 1024
TIMEOUT = "60s"


class TargetNotSetUp(Refusal):
    """The settings name no bucket: `exports_s3_url`, and the keys beside it."""

    status = 409
    title = "No object store is set up"


class NotStored(Refusal):
    """The target did not take a file."""

    status = 502
    title = "The export could not be stored"


class Store(Protocol):
    """A place that takes whole files by name: others see the old one or the new one, never a part."""

    def put(self, path: str, file: Path) -> None: ...

    def names(self, prefix: str) -> list[str]: ...

    def delete(self, path: str) -> None: ...


class _Objects:
    """Objects of a store, folders too: both stage a file under another name and then show all of it at once."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    def put(self, path: str, file: Path) -> None:
        """Raises `NotStored`, in words without keys or addresses."""
        try:
            obstore.put(self._store, path, file, chunk_size=PIECE)
        except (BaseError, OSError) as error:
            raise NotStored(f"{path} was not taken: {type(error).__name__}") from None

    def names(self, prefix: str) -> list[str]:
        try:
            return [str(each["path"]) for page in obstore.list(self._store, prefix) for each in page]
        except (BaseError, OSError) as error:
            raise NotStored(f"{prefix} could not be listed: {type(error).__name__}") from None

    def delete(self, path: str) -> None:
        try:
            obstore.delete(self._store, path)
        except (BaseError, OSError) as error:
            raise NotStored(f"{path} was not deleted: {type(error).__name__}") from None


def store_of(target: str) -> Store:
    """The store of a target. Raises `TargetNotSetUp`, or `NotStored` where its address is not public."""
    settings: Settings = current_app.extensions["plg.settings"]
    if target == "folder":
        return _Objects(LocalStore(settings.exports_dir, mkdir=True))
    bucket, prefix = _bucket(settings)
    endpoint = settings.exports_s3_endpoint
    if endpoint:
        _refuse_private(endpoint, settings.exports_private_addresses)
    store = S3Store(
        bucket,
        prefix=prefix or None,
        endpoint=endpoint or None,
        region=settings.exports_s3_region,
        access_key_id=settings.exports_s3_key_id.get_secret_value(),
        secret_access_key=settings.exports_s3_secret.get_secret_value(),
        client_options={"allow_http": settings.exports_private_addresses, "timeout": TIMEOUT},
        retry_config={"max_retries": 3},
    )
    return _Objects(store)


def check(target: str) -> None:
    """Raises `TargetNotSetUp` where an export could not go there."""
    if target == "s3":
        _bucket(current_app.extensions["plg.settings"])


def _bucket(settings: Settings) -> tuple[str, str]:
    parts = urlsplit(settings.exports_s3_url)
    if parts.scheme != "s3" or not parts.netloc:
        raise TargetNotSetUp("Set PLG_EXPORTS_S3_URL to s3://bucket/prefix, and the keys beside it.")
    return parts.netloc, parts.path.strip("/")


def _refuse_private(endpoint: str, private: bool) -> None:
    try:
        targets.check_url(endpoint, private=private)
        parts = urlsplit(endpoint)
        targets.lookup(parts.hostname or "", targets.port_of(parts), private=private)
    except (UrlRefused, TargetRefused, OSError):
        raise NotStored("The store's address is not one that exports may go to.") from None
