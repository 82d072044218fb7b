"""`plg oidc`: products that sign their users in with plg, and the keys that sign for it."""

from __future__ import annotations

import click

from plg.cli.access import transaction


@click.group(epilog="Example: plg oidc client add Facturo --redirect-uri https://facturo.example/callback")
def oidc_command() -> None:
    """plg as OpenID Connect provider: your product signs its users in with plg."""


@oidc_command.group()
def client() -> None:
    """Products that may sign users in."""


@client.command("add")
@click.argument("name")
@click.option("--redirect-uri", "redirects", multiple=True, required=True, help="Where codes go; exact.")
@click.option("--post-logout-redirect-uri", "after_logout", multiple=True, help="Where a sign-out leads.")
@click.option("--public", is_flag=True, help="For browsers and phones: no secret, PKCE instead.")
@click.option("--alg", "algorithm", type=click.Choice(["RS256", "ES256"]), default="RS256", show_default=True)
def add_client(
    name: str, redirects: tuple[str, ...], after_logout: tuple[str, ...], public: bool, algorithm: str
) -> None:
    """Register the product NAME. Its secret is shown this once."""
    from plg.openid import clients, server

    with transaction():
        made, secret = clients.add(
            name,
            redirects,
            post_logout_redirect_uris=after_logout,
            public=public,
            algorithm=algorithm,
            by="command line",
        )
        click.echo(f"issuer         {server.issuer()}")
    click.echo(f"client_id      {made.client_id}")
    if secret is not None:
        click.echo(f"client_secret  {secret}")


@client.command("list")
def list_clients() -> None:
    """All products, oldest first."""
    from plg.openid import clients

    with transaction():
        rows = clients.every()
        for row in rows:
            kind = "public" if row.is_public else "secret"
            click.echo(f"{row.client_id}  {kind}  {row.algorithm}  {row.name}")
            for address in row.redirect_uris:
                click.echo(f"    {address}")
        if not rows:
            click.echo("No product signs its users in with plg yet: plg oidc client add")


@client.command("rotate-secret")
@click.argument("client_id")
def rotate_secret(client_id: str) -> None:
    """A new secret for CLIENT_ID; the old one stops working at once."""
    from plg.openid import clients

    with transaction():
        secret = clients.change_secret(client_id, by="command line")
    click.echo(secret)


@client.command("remove")
@click.argument("client_id")
def remove_client(client_id: str) -> None:
    """CLIENT_ID signs nobody in any more; its tokens end."""
    from plg.openid import clients

    with transaction():
        clients.remove(client_id, by="command line")
    click.echo(f"{client_id} is removed.")


@oidc_command.group()
def keys() -> None:
    """Keys that sign ID tokens."""


@keys.command("list")
def list_keys() -> None:
    """The keys that the world sees at present."""
    from plg.kit.clock import now
    from plg.openid import keys as signing

    with transaction():
        for row in signing.shown(now()):
            state = signing.state(row)
            click.echo(f"{row.kid}  {row.algorithm}  {state:<8} since {row.created_at:%Y-%m-%d}")


@keys.command("rotate")
def rotate_keys() -> None:
    """Let the next keys sign. ID tokens of the old ones stay good until they expire."""
    from plg.openid import keys as signing

    with transaction():
        for algorithm in signing.ALGORITHMS:
            signing.current(algorithm)
            row = signing.rotate(algorithm)
            click.echo(f"{algorithm} is signed by {row.kid} now.")
