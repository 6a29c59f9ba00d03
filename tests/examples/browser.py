"""A headless browser, driven over the WebDriver protocol; tests that need one skip without it."""

from __future__ import annotations

import base64
import http.client
import io
import json
import shutil
import socket
import subprocess
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from matplotlib.image import imread

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Browser:
    """A headless Chromium, driven over the WebDriver protocol."""

    def __init__(self, port: int, profile: Path, arguments: list[str], width: int) -> None:
        self.port = port
        chrome: dict[str, Any] = {
            "binary": shutil.which("chromium"),
            "args": [
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--no-first-run",
                "--disable-sync",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-dev-shm-usage",
                "--window-size=1000,700",
                f"--user-data-dir={profile}",
                *arguments,
            ],
        }
        if width < 600:
            metrics = {"width": width, "height": 844, "pixelRatio": 2}
            chrome["mobileEmulation"] = {"deviceMetrics": metrics}
        wanted = {"goog:chromeOptions": chrome, "goog:loggingPrefs": {"browser": "ALL"}}
        self.session = ""
        started = self.call("POST", "/session", {"capabilities": {"alwaysMatch": wanted}})
        self.session = "/session/" + started["sessionId"]

    def call(self, method: str, path: str, body: object = None) -> Any:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            data = None if body is None else json.dumps(body)
            connection.request(method, self.session + path, data)
            answer = json.loads(connection.getresponse().read())["value"]
        finally:
            connection.close()
        if isinstance(answer, dict) and "error" in answer:
            raise AssertionError(answer["message"])
        return answer

    def open(self, page: Path) -> None:
        self.call("POST", "/url", {"url": page.as_uri()})

    def run(self, script: str) -> Any:
        return self.call("POST", "/execute/sync", {"script": script, "args": []})

    def click(self, name: str) -> None:
        self.run(f"document.getElementById('{name}').click()")

    def press(self, key: str) -> None:
        """A key, as WebDriver names those without a letter."""
        strokes = [{"type": kind, "value": key} for kind in ("keyDown", "keyUp")]
        keys = {"type": "key", "id": "keys", "actions": strokes}
        self.call("POST", "/actions", {"actions": [keys]})

    def prefer(self, scheme: str) -> None:
        """Pages are asked for in this colour scheme from now on."""
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        wanted = {"cmd": "Emulation.setEmulatedMedia", "params": {"features": features}}
        self.call("POST", "/goog/cdp/execute", wanted)

    def text(self, name: str) -> str:
        return str(self.run(f"return document.getElementById('{name}').textContent"))

    def drawn(self) -> float:
        """Share of the picture that is not background."""
        shot = imread(io.BytesIO(base64.b64decode(self.call("GET", "/screenshot"))))[..., :3]
        box = self.run(
            "const b = document.getElementById('stage').getBoundingClientRect();"
            "const r = devicePixelRatio; return [b.left, b.top, b.right, b.bottom].map(v => v * r)"
        )
        left, top, right, bottom = (round(v) for v in box)
        # without the buttons above and the line of text below
        stage = shot[top + (bottom - top) // 6 : bottom - (bottom - top) // 6, left:right]
        return float((np.abs(stage - stage[0, 0]).max(axis=-1) > 0.05).mean())

    def complaints(self) -> list[str]:
        entries = self.call("POST", "/se/log", {"type": "browser"})
        return [e["message"] for e in entries if e["level"] == "SEVERE"]


@contextmanager
def browser_session(profile: Path, arguments: list[str], width: int = 1000) -> Iterator[Browser]:
    driver = shutil.which("chromedriver")
    if driver is None or shutil.which("chromium") is None:
        pytest.skip("needs chromium and chromedriver")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    quiet = subprocess.DEVNULL
    with subprocess.Popen([driver, f"--port={port}"], stdout=quiet, stderr=quiet) as process:
        try:
            for _ in range(200):
                with socket.socket() as probe:
                    if probe.connect_ex(("127.0.0.1", port)) == 0:
                        break
                time.sleep(0.05)
            browser = Browser(port, profile, arguments, width)
            yield browser
            browser.call("DELETE", "")
        finally:
            process.terminate()


SOFTWARE_GL = ["--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
