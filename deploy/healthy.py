"""Whether this container's service answers: `healthy.py PORT PATH` ends with status 0 where it does."""

import http.client
import os
import sys

connection = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]), timeout=4)
token = os.environ.get("GRADER_METRICS_TOKEN", "")
connection.request("GET", sys.argv[2], headers={"Authorization": f"Bearer {token}"} if token else {})
sys.exit(connection.getresponse().status != 200)
