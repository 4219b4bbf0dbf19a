"""A real browser, driven over a pipe, with the standard library alone."""

import json
import os
import select
import signal
import subprocess
import time

NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--headless=new",
    "--no-sandbox",  # which does not work for root
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
    "--remote-debugging-pipe",
)
PATIENCE = 60


class Chromium:
    """One tab of a browser; ``events`` has everything that it told so far."""

    def __init__(self, path, profile):
        (to_read, self._out), (self._in, to_write) = os.pipe(), os.pipe()

        def place():  # the browser reads from 3 and writes to 4
            spare = os.dup(to_write)
            while spare <= 4:
                spare = os.dup(to_write)
            os.dup2(to_read, 3)
            os.dup2(spare, 4)

        self.process = subprocess.Popen(
            [path, *FLAGS, f"--user-data-dir={profile}", "about:blank"],
            pass_fds=(3, 4),
            preexec_fn=place,
            start_new_session=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(to_read)
        os.close(to_write)
        self._waiting, self._number, self._session = b"", 0, None
        self.events = []
        target = self.send("Target.createTarget", url="about:blank")["targetId"]
        attached = self.send("Target.attachToTarget", targetId=target, flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.send(f"{domain}.enable")

    def send(self, method, **params):
        """Send a command and return its result."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": params}
        if self._session is not None:
            message["sessionId"] = self._session
        os.write(self._out, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._next()
            if answer.get("id") == self._number:
                assert "error" not in answer, answer
                return answer["result"]
            self.events.append(answer)

    def open(self, url):
        """Go to a page and wait until it is there."""
        self.events.clear()
        self.send("Page.navigate", url=url)
        while not self.named("Page.loadEventFired"):
            self.events.append(self._next())

    def named(self, name):
        """The parameters of all events of that name since the page was opened."""
        return [e["params"] for e in self.events if e.get("method") == name]

    def run(self, script):
        """The value of a JavaScript expression."""
        answer = self.send("Runtime.evaluate", expression=script, returnByValue=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def press(self, key):
        """Press a key and let it go."""
        code = {"ArrowLeft": 37, "ArrowUp": 38, "ArrowRight": 39, "ArrowDown": 40}
        code = {**code, "Tab": 9, "Enter": 13}[key]
        told = {"key": key, "code": key, "windowsVirtualKeyCode": code}
        if key == "Enter":
            told["text"] = "\r"
        self.send("Input.dispatchKeyEvent", type="keyDown", **told)
        self.send("Input.dispatchKeyEvent", type="keyUp", **told)

    def resize(self, width, height=900):
        """Give the page the size of a screen."""
        size = {"width": width, "height": height, "deviceScaleFactor": 1}
        self.send("Emulation.setDeviceMetricsOverride", mobile=width < 600, **size)

    def close(self):
        """End the browser."""
        try:
            self._session = None
            self.send("Browser.close")
            self.process.wait(timeout=10)
        except Exception:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        os.close(self._in)
        os.close(self._out)

    def _next(self):
        end = time.monotonic() + PATIENCE
        while b"\0" not in self._waiting:
            ready, _, _ = select.select([self._in], [], [], end - time.monotonic())
            if not ready:
                raise TimeoutError(f"Chromium was silent for {PATIENCE} seconds.")
            more = os.read(self._in, 1 << 16)
            if not more:
                raise EOFError("Chromium has ended.")
            self._waiting += more
        message, _, self._waiting = self._waiting.partition(b"\0")
        return json.loads(message)


def complaints(browser):
    """What a console would show."""
    names = "Runtime.exceptionThrown", "Runtime.consoleAPICalled", "Log.entryAdded"
    return [event for name in names for event in browser.named(name)]


def requests(browser):
    """Addresses that were asked for, but for those that hold what they stand for."""
    sent = [e["request"]["url"] for e in browser.named("Network.requestWillBeSent")]
    return [url for url in sent if not url.startswith("data:")]


def texts(browser, selector):
    found = f"[...document.querySelectorAll({json.dumps(selector)})]"
    return browser.run(f"{found}.map(e => e.textContent)")
