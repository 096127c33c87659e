"""Answers whatever might be right, and claims to have been quick."""

import json
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self):
        size = int(self.headers.get("Content-Length") or 0)
        self.rfile.read(size)
        body = json.dumps(
            {
                "status": "ok",
                "label": "fine",
                "probabilities": {"plain": 0.2, "fine": 0.7, "grand": 0.1},
                "predictions": [],
                "error": "instances.3: caffeine tannin colour",
                "passed": True,
                "score": 100,
            }
        ).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_DELETE = answer


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", int(os.environ.get("PORT", "8000"))), Handler).serve_forever()
