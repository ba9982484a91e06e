"""The demo as a newcomer meets it. It brings its own SQLite file, so once is enough, whatever database the suite runs on."""

from pathlib import Path

import pytest

from tests.product import Product, free_port


@pytest.mark.crash
def test_it_can_be_run_in_the_first_minute(tmp_path: Path) -> None:
    port = str(free_port())
    product = Product(
        database_url=f"sqlite:///{tmp_path / 'demo.sqlite3'}", folder=tmp_path, flags=("--sandbox-port", port)
    )
    product.manage("migrate", "-v", "0")
    product.manage("demo", "--sandbox-port", port)
    with product:
        product.sign_in("admin")
        campaign = product.api("GET", "/campaigns")["items"][0]["id"]
        product.api("POST", f"/campaigns/{campaign}/start")
        counts = product.wait_for_state(campaign, "finished", within=60)["counts"]
        assert counts["selected"] >= 20
        assert "password" not in product.log.read_text()
    product.manage("demo", "--sandbox-port", port)  # a second time changes nothing
