"""What is made at the first start, by however many processes start at once."""

import threading
from concurrent.futures import ThreadPoolExecutor

from plg.settings import Settings


def test_processes_that_start_at_once_sign_with_one_secret(tmp_path):
    start = threading.Barrier(8)

    def key(folder):
        start.wait(timeout=30)
        return Settings(data_dir=folder).signing_key()

    with ThreadPoolExecutor(8) as threads:
        for attempt in range(20):
            (secret,) = set(threads.map(key, [tmp_path / str(attempt)] * 8))
            assert len(secret) == 64


def test_the_secret_is_readable_by_its_owner_alone_and_stays(tmp_path):
    made = Settings(data_dir=tmp_path).signing_key()

    (file,) = tmp_path.iterdir()
    assert (file.name, file.stat().st_mode & 0o777) == ("secret_key", 0o600)
    assert Settings(data_dir=tmp_path).signing_key() == made
