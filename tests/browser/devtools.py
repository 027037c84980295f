"""devtools.py: a page in headless Chromium, driven over the DevTools protocol by pipe: no package, no port, no network.

    page = Page(width=1280, height=900)
    page.open("file:///...")
    page.js("document.title")           the value of an expression (a promise is awaited)
    page.click("#save-csv"); page.type("input", "q4"); page.key("Tab")
    page.shot("full.png")
    page.console, page.requests         what the page said, and every address it asked for
    page.close()
"""
import base64
import json
import os
import shutil
import subprocess
import tempfile
import time

KEYS = {"Enter": 13, "Tab": 9, "Escape": 27, " ": 32, "ArrowRight": 39, "ArrowLeft": 37, "ArrowDown": 40}


def browser():
    return next((shutil.which(n) for n in ("chromium", "chromium-browser", "google-chrome") if shutil.which(n)), None)


class Page:
    def __init__(self, width=1280, height=900, dark=False, downloads=None):
        self.profile = tempfile.mkdtemp(prefix="perbit-devtools.")
        to_child, self.to = os.pipe()
        self.back, from_child = os.pipe()

        def wires(): # the browser reads descriptor 3 and writes 4
            a, b = os.dup(to_child), os.dup(from_child)
            os.dup2(a, 3)
            os.dup2(b, 4)
        self.child = subprocess.Popen(
            [browser(), "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--remote-debugging-pipe",
             "--user-data-dir=" + self.profile, "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
             "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run", "about:blank"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, preexec_fn=wires, close_fds=False)
        os.close(to_child)
        os.close(from_child)
        self.n, self.buffer, self.session = 0, b"", None
        self.console, self.requests = [], []
        self.loaded = False
        target = next(t for t in self.call("Target.getTargets")["targetInfos"] if t["type"] == "page")
        self.session = self.call("Target.attachToTarget", targetId=target["targetId"], flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.call(domain + ".enable")
        if downloads:
            self.call("Browser.setDownloadBehavior", behavior="allow", downloadPath=downloads)
        self.size(width, height)
        self.scheme("dark" if dark else "light")

    def call(self, method, **params):
        self.n += 1
        n = self.n
        message = {"id": n, "method": method, "params": params}
        if self.session and not method.startswith(("Target.", "Browser.")):
            message["sessionId"] = self.session
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[os.write(self.to, data):]
        while True:
            answer = self.read()
            if answer.get("id") == n:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']['message']}")
                return answer["result"]

    def read(self):
        while b"\0" not in self.buffer:
            more = os.read(self.back, 1 << 20)
            if not more:
                raise RuntimeError("the browser ended")
            self.buffer += more
        one, self.buffer = self.buffer.split(b"\0", 1)
        message = json.loads(one)
        self.event(message.get("method"), message.get("params", {}))
        return message

    def event(self, method, p):
        if method == "Runtime.consoleAPICalled":
            self.console.append(p["type"] + ": " + " ".join(str(a.get("value", a.get("description", ""))) for a in p["args"]))
        elif method == "Runtime.exceptionThrown":
            d = p["exceptionDetails"]
            self.console.append("exception: " + d.get("exception", {}).get("description", d["text"]))
        elif method == "Log.entryAdded":
            self.console.append("log: " + p["entry"]["text"])
        elif method == "Network.requestWillBeSent":
            self.requests.append(p["request"]["url"])
        elif method == "Page.loadEventFired":
            self.loaded = True

    def open(self, url, wait_s=30):
        self.loaded = False
        self.call("Page.navigate", url=url)
        end = time.time() + wait_s
        while not self.loaded:
            if time.time() > end:
                raise RuntimeError("the page did not load")
            self.read()

    def js(self, expression):
        r = self.call("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True, userGesture=True)
        if "exceptionDetails" in r:
            raise RuntimeError(expression[:200] + ": " + r["exceptionDetails"].get("exception", {}).get("description", "?"))
        return r["result"].get("value")

    def wait(self, expression, wait_s=20):
        end = time.time() + wait_s
        while not self.js(expression):
            if time.time() > end:
                return False
            time.sleep(0.05)
        return True

    def size(self, width, height):
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def scheme(self, name):
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": name}])

    def click(self, selector):
        """a real click of the mouse, in the middle of the element"""
        box = self.js("(() => { const e = document.querySelector(%s); e.scrollIntoView({block: 'center', inline: 'center'});"
                      " const r = e.getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height / 2]; })()" % json.dumps(selector))
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=box[0], y=box[1], button="left", clickCount=1)

    def key(self, name, shift=False):
        for kind in ("keyDown", "keyUp"):
            p = dict(type=kind, key=name, code="Space" if name == " " else name, windowsVirtualKeyCode=KEYS[name], modifiers=8 if shift else 0)
            if kind == "keyDown" and name in (" ", "Enter"):
                p["text"] = "\r" if name == "Enter" else " "
            self.call("Input.dispatchKeyEvent", **p)

    def type(self, selector, text):
        self.js("(() => { const e = document.querySelector(%s); e.scrollIntoView({block: 'center'}); e.focus(); if (e.select) e.select(); })()" % json.dumps(selector))
        self.call("Input.insertText", text=text)

    def shot(self, path, whole=False):
        p = {"format": "png"}
        if whole:
            size = self.call("Page.getLayoutMetrics")["cssContentSize"]
            p["captureBeyondViewport"] = True
            p["clip"] = {"x": 0, "y": 0, "width": size["width"], "height": min(size["height"], 9000), "scale": 1}
        with open(path, "wb") as f:
            f.write(base64.b64decode(self.call("Page.captureScreenshot", **p)["data"]))

    def close(self):
        try:
            self.call("Browser.close")
        except (RuntimeError, OSError):
            pass
        self.child.wait(timeout=20)
        shutil.rmtree(self.profile, ignore_errors=True)
