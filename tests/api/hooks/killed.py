"""A sender in a process of its own, which a test kills: python killed.py DATABASE_URL DATA_FOLDER."""

from __future__ import annotations

import sys
from pathlib import Path

from api.blobs import FileBlobs
from api.database.engine import make_engine, make_sessions, plain_url
from api.hooks.outside import Outside
from api.hooks.secrets import Safe
from api.hooks.sending import Sender
from api.queue import make_queue
from api.service import Service, secret_key
from api.settings import Outside as OutsideSettings
from api.settings import Settings

url, data = sys.argv[1], Path(sys.argv[2])
settings = Settings(data=data)
engine = make_engine(url, 2)
service = Service(
    settings, engine, make_sessions(engine), FileBlobs(data / "blobs"), make_queue(plain_url(engine))
)
outside = Outside(OutsideSettings(allow_http=True, allowed_networks="127.0.0.0/8"))
Sender(service, outside, Safe(secret_key(settings))).run()
