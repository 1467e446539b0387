"""A browser without a screen, driven over a pipe by its own protocol (https://chromedevtools.github.io/devtools-protocol/).

With it comes what it did: its requests, and what it had to say. Nothing is installed beside Debian's chromium-headless-shell.
"""

import base64
import json
import os
import select
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

# A page of ours is there in a moment; the bound is for a busy machine.
SECONDS = 120
# The root of the tests is its own, and there is nobody to be but root: the browser's sandbox wants another user.
OPTIONS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run", "--remote-debugging-pipe")


class Browser:
    """One page, from `with` to its end."""

    def __init__(self, program: str = "chromium-headless-shell") -> None:
        self.program = program
        self.requests: list[str] = []
        self.complaints: list[str] = []

    def __enter__(self) -> "Browser":
        self.folder = tempfile.TemporaryDirectory()
        # The browser reads at its descriptor 3 and writes at its descriptor 4.
        theirs, self.commands = os.pipe()
        self.answers, theirs_too = os.pipe()
        words = [self.program, *OPTIONS, f"--user-data-dir={self.folder.name}", "about:blank"]
        script = f'exec "$@" 3<&{theirs} 4>&{theirs_too}'
        self.log = (Path(self.folder.name) / "log").open("wb")
        self.process = subprocess.Popen(
            ["bash", "-c", script, "browser", *words], pass_fds=(theirs, theirs_too), stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log
        )
        os.close(theirs)
        os.close(theirs_too)
        self.buffer, self.number, self.session = b"", 0, None
        targets = self.call("Target.getTargets")["targetInfos"]
        page = next(target["targetId"] for target in targets if target["type"] == "page")
        self.session = self.call("Target.attachToTarget", targetId=page, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network", "DOM"):
            self.call(f"{domain}.enable")
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self.commands)
        os.close(self.answers)
        self.log.close()
        self.folder.cleanup()

    def open(self, address: str) -> None:
        """Goes there, and waits until all of the page has come."""
        self.requests.clear()
        self.complaints.clear()
        self.loaded = False
        said = self.call("Page.navigate", url=address)
        assert "errorText" not in said, said
        self.wait(lambda: self.loaded, f"{address} to be there")

    def value(self, script: str) -> Any:
        """What a script says, as JSON has it."""
        said = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in said, said
        return said["result"].get("value")

    def screenshot(self, path: Path) -> None:
        said = self.call("Page.captureScreenshot", captureBeyondViewport=True)
        path.write_bytes(base64.b64decode(said["data"]))

    def pdf(self) -> bytes:
        return base64.b64decode(self.call("Page.printToPDF", printBackground=True)["data"])

    def call(self, method: str, **parameters: object) -> dict[str, Any]:
        self.number += 1
        number, answer = self.number, []
        message = {"id": number, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[os.write(self.commands, data) :]
        self.waiting = (number, answer)
        self.wait(lambda: answer, method)
        assert "error" not in answer[0], (method, answer[0])
        return answer[0]["result"]

    def wait(self, done: Any, what: str) -> None:
        until = time.monotonic() + SECONDS
        while not done():
            left = until - time.monotonic()
            if left <= 0 or not select.select([self.answers], [], [], left)[0]:
                raise TimeoutError(f"{what}: not within {SECONDS} s")
            part = os.read(self.answers, 1 << 16)
            if not part:
                raise EOFError(f"{what}: the browser ended: {Path(self.log.name).read_text(errors='replace')[-2000:]}")
            *messages, self.buffer = (self.buffer + part).split(b"\0")
            for message in messages:
                self.heard(json.loads(message))

    def heard(self, message: dict[str, Any]) -> None:
        if "id" in message:
            number, answer = self.waiting
            if message["id"] == number:
                answer.append(message)
            return
        parameters = message["params"]
        match message["method"]:
            case "Page.loadEventFired":
                self.loaded = True
            case "Network.requestWillBeSent":
                self.requests.append(parameters["request"]["url"])
            case "Log.entryAdded":
                self.complaints.append(parameters["entry"]["text"])
            case "Runtime.consoleAPICalled" | "Runtime.exceptionThrown":
                self.complaints.append(json.dumps(parameters))
