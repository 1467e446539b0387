"""The Python SDK against a booted box, as a user's program: HOST PORT CONFIG. Prints what the evidence came to, and a sum."""

import json
import sys
from pathlib import Path

import coffer
from coffer.errors import UntrustedError

host, port, config = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])
with coffer.Client(host=host, port=port, config=config, progress=False) as client:
    verdict = client.attest()
    key = client.create_key("sdk", 2048)
    # Over the connection whose key the evidence certified.
    total = client.encrypt(key, [1.5, -2.25, 4.0]).sum().decrypt()
    passed = [check["number"] for check in verdict.checks if check["verdict"] == "pass"]
    box_file = config / "default" / "box.json"
    known = box_file.read_text()
    box_file.write_text(json.dumps({**json.loads(known), "attestation_key": "00" * 32}))
    with coffer.Client(host=host, port=port, config=config, progress=False) as other:
        try:
            other.attest()
            refused = ""
        except UntrustedError as error:
            refused = str(error)
    box_file.write_text(known)
    print(json.dumps({"passed": passed, "total": float(total), "refused": refused}))
