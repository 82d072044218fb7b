"""`python -m plg.demo.product`: Facturo alone, configured by the environment."""

import os

from . import create_product

if __name__ == "__main__":
    app = create_product(
        os.environ["PLG_URL"],
        os.environ["PLG_PUBLISHABLE_KEY"],
        os.environ["PLG_SECRET_KEY"],
        os.environ["PLG_USER_TOKEN_SECRET"],
        os.environ.get("FACTURO_DATABASE", ":memory:"),
    )
    app.run("127.0.0.1", int(os.environ.get("PORT", "8003")), threaded=True)
