"""Settings: one typed object, read from the environment (`PLG_…`), then `plg.toml`'s [server], then defaults."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import os
import secrets
import tempfile
import tomllib
from email.utils import parseaddr
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import (
    BaseModel,
    ConfigDict,
    DirectoryPath,
    Field,
    FilePath,
    SecretStr,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict


class SignInProvider(BaseModel):
    """One button on the sign-in page. At the provider, register the redirect address
    `<public_url>/login/with/<key>/callback`."""

    model_config = ConfigDict(extra="forbid")

    key: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$", description="In addresses; do not change it later")
    preset: Literal["", "google", "github"] = ""
    issuer: str = Field("", description="OpenID Connect issuer; with github, the address of an own server")
    name: str = Field("", max_length=40, description="On the button")
    client_id: str
    client_secret: SecretStr = SecretStr("")
    trust_emails: bool = Field(
        False, description="Take its addresses for verified where it does not say: a firm's own directory"
    )

    @model_validator(mode="after")
    def _has_an_issuer(self) -> SignInProvider:
        if not self.preset and not self.issuer:
            raise ValueError("give an issuer, or a preset: google or github")
        return self


class Settings(BaseSettings):
    """Everything that can be set. `plg doctor` says what is missing and what to do."""

    model_config = SettingsConfigDict(env_prefix="PLG_", extra="ignore")

    environment: Literal["development", "production", "test"] = "production"
    public_url: str = Field("http://127.0.0.1:8000", description="Where browsers reach plg")
    content_url: str = Field(
        "",
        description="Another host that leads to plg, where courses of others run; empty: they run in a sandbox",
    )
    data_dir: Path = Field(Path("plg-data"), description="SQLite database, columns and generated secrets")
    database_url: str = Field("", description="postgresql://… ; empty: SQLite in data_dir")
    secret_key: SecretStr = Field(SecretStr(""), description="Signs sessions and tokens; empty: made once")
    user_token_secret: SecretStr = Field(SecretStr(""), description="HS256 secret of the host's user tokens")
    default_locale: Literal["en", "es"] = "en"
    product_name: str = "plg"
    product_url: str = Field("", description="The host product; where people go on after sign-up")
    support_email: str = Field("", description="Where people reach you; empty: the address of mail_from")
    passkey_domain: str = Field(
        "", description="Domain that passkeys are bound to, a parent of public_url's; empty: its host"
    )
    sign_in_providers: tuple[SignInProvider, ...] = Field(
        (), description="Google, GitHub and other OpenID Connect providers on the sign-in page"
    )
    account_groups: tuple[str, ...] = ("account", "company", "organization", "workspace", "team")

    stripe_api_key: SecretStr = SecretStr("")
    stripe_webhook_secret: SecretStr = SecretStr("")
    stripe_api_base: str = Field("", description="Another host than api.stripe.com (sandbox)")
    stripe_automatic_tax: bool = Field(
        False, description="Stripe reckons taxes: it needs your registrations, and the customers' addresses"
    )
    save_discount_percent: int = Field(
        0, ge=0, le=90, description="Offered to who leaves because of the price; 0: no discount is offered"
    )
    save_discount_months: int = Field(3, ge=1, le=12, description="How long that discount lasts")

    dispute_access: Literal["opened", "lost", "never"] = Field(
        "lost", description="When a disputed payment ends the access that it paid for"
    )

    dns_servers: tuple[str, ...] = Field((), description="host:port of name servers; empty: this machine's")

    smtp_url: str = Field("smtp://127.0.0.1:1025", description="smtp[s]://user:password@host:port")
    mail_from: str = "plg <no-reply@localhost>"

    posthog_key: SecretStr = Field(SecretStr(""), description="Project key; empty: nothing is forwarded")
    posthog_host: str = "https://us.i.posthog.com"
    posthog_skip_sources: tuple[str, ...] = Field(("import",), description="Event sources not forwarded")

    lrs_url: str = Field(
        "",
        description="xAPI endpoint of a learning record store, such as https://lrs.example/xapi; empty: none",
    )
    lrs_username: str = Field("", description="Key of its Basic authentication")
    lrs_password: SecretStr = Field(SecretStr(""), description="Secret of its Basic authentication")

    webhooks_private_addresses: bool = Field(
        False, description="Send webhooks to this machine and private networks, too, and over plain http"
    )

    clickhouse_url: SecretStr = Field(
        SecretStr(""),
        description="https://user:password@host:8443/database for the growth reports; empty: columns in data_dir",
    )
    clickhouse_cluster: str = Field(
        "", pattern=r"^\w*$", description="Name of ClickHouse's cluster; empty: one server"
    )

    certificate_color: str = Field(
        "#0c6a57", pattern=r"^#[0-9a-fA-F]{6}$", description="Accent of printed certificates"
    )
    certificate_logo: FilePath | None = Field(
        None, description="SVG (texts as paths) or PNG on printed certificates; none: the product's name"
    )
    certificate_fonts: DirectoryPath | None = Field(
        None, description="Folder with more fonts, for names that are not Latin, Greek, Cyrillic or Hebrew"
    )

    exports_s3_url: str = Field("", description="Bucket of exports, s3://bucket/prefix; empty: folders only")
    exports_s3_endpoint: str = Field("", description="Another store than Amazon's that speaks S3's protocol")
    exports_s3_region: str = "us-east-1"
    exports_s3_key_id: SecretStr = SecretStr("")
    exports_s3_secret: SecretStr = SecretStr("")
    exports_private_addresses: bool = Field(
        False, description="Let exports_s3_endpoint be on this machine or a private network, or plain http"
    )

    argon2_time_cost: int = 3
    argon2_memory_kib: int = 65536
    rate_limits: bool = True
    trusted_proxies: int = Field(0, description="How many proxies in front set X-Forwarded-For")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"] = "INFO"
    log_format: Literal["json", "console"] = "json"
    worker_batch: int = Field(1000, ge=1, description="Events that a worker reads at once")
    worker_cursors: int = Field(
        100, ge=1, description="Subscribers that a worker takes at once; fewer where workers share them"
    )

    @field_validator("certificate_logo")
    @classmethod
    def _is_a_picture(cls, value: Path | None) -> Path | None:
        if value is not None and not value.read_bytes().lstrip().startswith((b"\x89PNG", b"<svg", b"<?xml")):
            raise ValueError("must be a PNG or an SVG")
        return value

    @field_validator("public_url", "product_url", "content_url", "lrs_url")
    @classmethod
    def _no_trailing_slash(cls, value: str) -> str:
        return value.rstrip("/")

    @model_validator(mode="after")
    def _content_stands_apart(self) -> Settings:
        if self.content_url and urlsplit(self.content_url).netloc == urlsplit(self.public_url).netloc:
            raise ValueError(
                "content_url needs another host than public_url, so that content reaches no cookies"
            )
        return self

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, env_settings, _ServerTable(settings_cls)

    @property
    def database(self) -> str:
        """The SQLAlchemy URL; plain `postgresql://` means psycopg 3."""
        if not self.database_url:
            return f"sqlite:///{(self.data_dir / 'plg.sqlite3').absolute()}"
        scheme, _, rest = self.database_url.partition("://")
        return f"postgresql+psycopg://{rest}" if scheme in {"postgres", "postgresql"} else self.database_url

    @property
    def contact(self) -> str:
        """The address that pages and mails give to people with a question."""
        return self.support_email or parseaddr(self.mail_from)[1]

    @property
    def columns_dir(self) -> Path:
        return self.data_dir / "columns"

    @property
    def exports_dir(self) -> Path:
        return self.data_dir / "exports"

    def signing_key(self) -> str:
        """`secret_key`, or one made once and kept in data_dir, readable by its owner only."""
        given = self.secret_key.get_secret_value()
        return given or _kept_secret(self.data_dir / "secret_key")

    def user_token_key(self) -> str:
        """The secret that the host product signs its user tokens with (HS256)."""
        given = self.user_token_secret.get_secret_value()
        return given or hmac.new(self.signing_key().encode(), b"plg user tokens", hashlib.sha256).hexdigest()


class _ServerTable(PydanticBaseSettingsSource):
    """The [server] table of plg.toml in the working folder, or of the file that PLG_CONFIG names."""

    def get_field_value(self, field: Any, field_name: str) -> tuple[Any, str, bool]:
        return None, field_name, False

    def __call__(self) -> dict[str, Any]:
        path = Path(os.environ.get("PLG_CONFIG", "plg.toml"))
        return tomllib.loads(path.read_text()).get("server", {}) if path.is_file() else {}


def _kept_secret(path: Path) -> str:
    """The secret in this file, made by whoever comes first. It appears there whole: another process that starts at
    the same moment never reads an empty one."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=path.parent) as file:  # readable by its owner only
            file.write(secrets.token_urlsafe(48))
            file.flush()
            with contextlib.suppress(FileExistsError):
                os.link(file.name, path)
    return path.read_text()
