#!/usr/bin/env python3
"""standin.py ROOT: a stand-in for the Hugging Face hub on loopback, for tests: what perbit and huggingface_hub ask of it.

ROOT/models/ORG/NAME/...       the files of a repository (also datasets/, spaces/); NAME@refs%2Fx is another branch
ROOT/models/ORG/NAME/.hub.json {"private": true, "gated": true, "members": [TOKENS], "names": [entries added to its list]}
ROOT/faults.json               read at each request, see `fault`
ROOT/log.jsonl                 every request as it came
ROOT/ports                     "HUB CDN": written once both servers listen

Two servers, as the real one has: the hub, and another port that holds the content of LFS files, to which the hub
redirects. The second one refuses any request with an Authorization header by 400 and writes it down: a token that
goes there has leaked.
"""
import base64
import hashlib
import json
import os
import random
import re
import shutil
import sys
import threading
import time
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

ROOT = Path(sys.argv[1]).resolve()
LOCK = threading.RLock()
LFS_NAMES = (".gguf", ".parquet", ".bin", ".safetensors")
PAGE = int(os.environ.get("STANDIN_PAGE", "50"))
CHUNK = int(os.environ.get("STANDIN_CHUNK", "0"))  # bytes of a part of an upload; 0: uploads in one piece
STORE = ROOT / ".lfs"  # what was uploaded, by digest
COMMITS = {}  # commit -> {path: entry}
DIGESTS = {}  # (path, size, mtime) -> (git name, sha256)
FAULTS_DONE = {}
PORTS = {}


def git_name(data):
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


def is_lfs(path, size):
    return path.endswith(LFS_NAMES) or size > 10_000_000


def entry_of(repo, file):
    stat = file.stat()
    key = (str(file), stat.st_size, stat.st_mtime_ns)
    if key not in DIGESTS:
        data = file.read_bytes()
        DIGESTS[key] = (git_name(data), hashlib.sha256(data).hexdigest())
    name, sha256 = DIGESTS[key]
    path = str(file.relative_to(repo))
    e = {"type": "file", "oid": name, "size": stat.st_size, "path": path, "file": str(file)}
    if is_lfs(path, stat.st_size):
        pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{sha256}\nsize {stat.st_size}\n".encode()
        e["oid"] = git_name(pointer)
        e["lfs"] = {"oid": sha256, "size": stat.st_size, "pointerSize": len(pointer)}
        keep = STORE / sha256
        if not keep.exists():
            STORE.mkdir(exist_ok=True)
            shutil.copyfile(file, str(keep) + ".tmp")
            os.replace(str(keep) + ".tmp", keep)
    else:
        e["data"] = file.read_bytes()
    return e


class Repo:
    def __init__(self, kind, name):
        self.kind, self.name = kind, name
        self.dir = ROOT / kind / name
        config = self.dir / ".hub.json"
        self.config = json.loads(config.read_text()) if config.exists() else {}

    def exists(self):
        return self.dir.is_dir()

    def branch_dir(self, branch):
        if branch == "main":
            return self.dir
        return self.dir.with_name(self.dir.name + "@" + urllib.parse.quote(branch, safe=""))

    def commit(self, branch):
        """The commit of a branch, whose files stay known after it has moved on; None: no such branch."""
        folder = self.branch_dir(branch)
        if not folder.is_dir():
            return None
        entries = {}
        for file in sorted(folder.rglob("*")):
            if file.is_file() and file.name != ".hub.json":
                e = entry_of(folder, file)
                entries[e["path"]] = e
        text = "".join(f"{p} {e['oid']}\n" for p, e in entries.items())
        sha = hashlib.sha1(f"{self.kind} {self.name} {branch}\n{text}".encode()).hexdigest()
        COMMITS.setdefault(sha, (self.kind, self.name, entries))
        return sha

    def find(self, revision):
        """(commit, entries) or None."""
        with LOCK:
            if re.fullmatch("[0-9a-f]{40}", revision):
                self.commit("main")
                known = COMMITS.get(revision)
                if known and known[:2] == (self.kind, self.name):
                    return revision, known[2]
                return None
            sha = self.commit(revision)
            return (sha, COMMITS[sha][2]) if sha else None

    def listing(self, entries):
        folders = sorted({str(p) for path in entries for p in Path(path).parents} - {"."})
        rows = [{"type": "directory", "oid": "0" * 40, "size": 0, "path": f} for f in folders]
        rows += [{k: v for k, v in e.items() if k not in ("file", "data")} for e in entries.values()]
        return rows + self.config.get("names", [])


def fault(where):
    """The fault for this request, or {}. faults.json: {"hub"|"cdn"|"resolve"|"commit": {...}}, each with

    times        how often (all requests when left out)
    status       this status instead; retry_after, rate: headers with it
    cut          the body ends after so many bytes; "random": somewhere
    wrong        the first byte of the body is another one
    pause_s      before the body; rate_bytes_s: slow
    no_range     the whole file, whatever part was asked for
    drop         the connection ends before any answer; drop_after: it is done, and no answer comes
    """
    path = ROOT / "faults.json"
    with LOCK:
        if not path.exists():
            return {}
        text = path.read_text()
        if not text.strip():
            return {}
        f = json.loads(text).get(where)
        if not f:
            return {}
        key = (text, where)
        FAULTS_DONE[key] = FAULTS_DONE.get(key, 0) + 1
        return f if FAULTS_DONE[key] <= f.get("times", 1 << 30) else {}


class Base(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_name = "hub"

    def log_message(self, *args):
        pass

    def read_body(self):
        if self.headers.get("Transfer-Encoding", "") == "chunked":
            body = b""
            while True:
                n = int(self.rfile.readline().split(b";")[0], 16)
                body += self.rfile.read(n)
                self.rfile.readline()
                if n == 0:
                    return body
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def note(self, body):
        headers = {k.lower(): v for k, v in self.headers.items()}
        row = {"server": self.server_name, "method": self.command, "path": self.path, "headers": headers}
        if body:
            row["n_body"] = len(body)
            row["body"] = body.decode("utf-8", "replace") if len(body) < 8_000_000 else hashlib.sha256(body).hexdigest()
        with LOCK, open(ROOT / "log.jsonl", "a") as f:
            f.write(json.dumps(row) + "\n")

    def reply(self, status, body=b"", headers=None, f=None):
        if isinstance(body, (dict, list)):
            body = json.dumps(body).encode()
            headers = {"Content-Type": "application/json", **(headers or {})}
        f = f or {}
        self.send_response(status)
        for k, v in (headers or {}).items():
            self.send_header(k, v)
        if "Content-Length" not in (headers or {}):
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command == "HEAD":
            return
        if f.get("wrong") and body:
            body = bytes([body[0] ^ 1]) + body[1:]
        if "pause_s" in f:
            self.wfile.flush()
            time.sleep(f["pause_s"])
        if "cut" in f and body:
            n = random.randrange(len(body)) if f["cut"] == "random" else min(f["cut"], len(body))
            body, self.close_connection = body[:n], True
        if "rate_bytes_s" in f:
            for i in range(0, len(body), max(1, f["rate_bytes_s"] // 10)):
                self.wfile.write(body[i:i + max(1, f["rate_bytes_s"] // 10)])
                self.wfile.flush()
                time.sleep(0.1)
        else:
            self.wfile.write(body)
        if self.close_connection:
            self.wfile.flush()
            self.connection.shutdown(2)

    def refuse(self, status, code=None, message=None, headers=None):
        h = dict(headers or {})
        if code:
            h["X-Error-Code"] = code
        if message:
            h["X-Error-Message"] = message
        self.reply(status, {"error": message or ""}, h)

    def failed(self, f):
        """True when the fault was the answer."""
        if f.get("drop"):
            self.close_connection = True
            self.connection.shutdown(2)
            return True
        if "status" in f:
            headers = {}
            if "retry_after" in f:
                headers["Retry-After"] = str(f["retry_after"])
            if "rate" in f:
                headers["RateLimit"] = f["rate"]
            self.refuse(f["status"], message=f.get("message"), headers=headers)
            return True
        return False

    def send_part(self, data, headers, f):
        wanted = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        if not wanted or f.get("no_range"):
            return self.reply(200, data, headers, f)
        begin = int(wanted[1])
        if begin >= len(data):
            return self.reply(416, b"", {"Content-Range": f"bytes */{len(data)}"})
        end = int(wanted[2]) + 1 if wanted[2] else len(data)
        self.reply(206, data[begin:end], {**headers, "Content-Range": f"bytes {begin}-{end - 1}/{len(data)}"}, f)

    def handle_any(self):
        body = self.read_body()
        self.note(body)
        try:
            self.answer(body)
        except (BrokenPipeError, ConnectionResetError, OSError):
            self.close_connection = True

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = handle_any


class Hub(Base):
    def token(self):
        m = re.fullmatch(r"[Bb]earer (.*)", self.headers.get("Authorization", ""))
        return m[1] if m else None

    def repo_or_refuse(self, kind, name, is_content=False, is_write=False):
        """The repository, or None after an answer that says why not."""
        repo, token = Repo(kind, name), self.token()
        if token == "hf_bad":
            self.refuse(401, None, "Invalid credentials in Authorization header")
        elif not repo.exists() or (repo.config.get("private") and token not in repo.config.get("members", ["hf_member"])):
            self.refuse(404 if token else 401, "RepoNotFound", "Repository not found")
        elif is_content and repo.config.get("gated") and token not in repo.config.get("members", []):
            self.refuse(403 if token else 401, "GatedRepo",
                        "Access to this resource is restricted. You must have access to it and be authenticated.")
        elif is_write and token != "hf_writer":
            self.refuse(403 if token else 401, None, "You don't have the rights to write here")
        else:
            return repo
        return None

    def answer(self, body):
        url = urllib.parse.urlsplit(self.path)
        path, query = url.path, urllib.parse.parse_qs(url.query)
        self.base = f"http://127.0.0.1:{PORTS['hub']}"
        self.cdn = f"http://127.0.0.1:{PORTS['cdn']}"
        f = fault("commit" if "/commit/" in path else "resolve" if "/resolve/" in path else "hub")
        if self.failed(f):
            return
        routes = [
            (r"/api/(models|datasets|spaces)/([^/]+/[^/]+|[^/]+)/revision/([^/]+)", self.info),
            (r"/api/(models|datasets|spaces)/([^/]+/[^/]+|[^/]+)/tree/([^/]+)", self.tree),
            (r"/api/(models|datasets|spaces)/([^/]+/[^/]+)/preupload/([^/]+)", self.preupload),
            (r"/api/(models|datasets|spaces)/([^/]+/[^/]+)/commit/([^/]+)", self.commit),
            (r"/api/(models|datasets|spaces)/([^/]+/[^/]+)", self.info),
            (r"/api/repos/create", self.create),
            (r"/api/validate-yaml", lambda *a: self.reply(200, {"errors": [], "warnings": []})),
            (r"/api/resolve-cache/(models|datasets|spaces)/([^/]+/[^/]+)/([0-9a-f]{40})/(.+)", self.cached),
            (r"/(?:(datasets|spaces)/)?([^/]+/[^/]+)\.git/info/lfs/objects/batch", self.batch),
            (r"/lfs-complete/([0-9a-f]{64})", self.complete),
            (r"/lfs-verify", self.verify),
            (r"/(?:(datasets|spaces)/)?([^/]+/[^/]+|[^/]+)/resolve/([^/]+)/(.+)", self.resolve),
        ]
        self.body, self.query, self.fault = body, query, f
        for pattern, do in routes:
            m = re.fullmatch(pattern, path)
            if m:
                return do(*[urllib.parse.unquote(g) if g else g for g in m.groups()])
        self.refuse(404, None, "no such page")

    # ---- reading

    def info(self, kind, name, revision="main"):
        repo = self.repo_or_refuse(kind, name)
        if not repo:
            return
        found = repo.find(revision)
        if not found:
            return self.refuse(404, "RevisionNotFound", f"Invalid rev id: {revision}")
        self.reply(200, {"_id": "0", "id": name, "sha": found[0], "private": bool(repo.config.get("private")),
                         "gated": "manual" if repo.config.get("gated") else False, "disabled": False, "downloads": 0,
                         "likes": 0, "tags": [], "siblings": [{"rfilename": p} for p in found[1]]})

    def tree(self, kind, name, revision):
        repo = self.repo_or_refuse(kind, name)
        if not repo:
            return
        found = repo.find(revision)
        if not found:
            return self.refuse(404, "RevisionNotFound", f"Invalid rev id: {revision}")
        rows, at = repo.listing(found[1]), int(self.query.get("cursor", ["0"])[0])
        headers = {}
        if at + PAGE < len(rows):
            base = repo.config.get("next_page_base", self.base)
            headers["Link"] = f'<{base}{self.path.split("?")[0]}?recursive=true&expand=false&cursor={at + PAGE}>; rel="next"'
        self.reply(200, rows[at:at + PAGE], headers, self.fault)

    def resolve(self, kind, name, revision, path):
        repo = self.repo_or_refuse(kind or "models", name, is_content=True)
        if not repo:
            return
        found = repo.find(revision)
        if not found:
            return self.refuse(404, "RevisionNotFound", f"Invalid rev id: {revision}")
        commit, entries = found
        e = entries.get(path)
        if not e:
            return self.refuse(404, "EntryNotFound", "Entry not found", {"X-Repo-Commit": commit})
        if "lfs" in e:
            return self.reply(302, b"", {
                "Location": f"{self.cdn}/content/{e['lfs']['oid']}?sig={random.randrange(1 << 30)}",
                "X-Repo-Commit": commit, "X-Linked-Size": str(e["size"]), "X-Linked-Etag": f'"{e["lfs"]["oid"]}"'})
        self.reply(307, b"", {"Location": "/api/resolve-cache/%s/%s/%s/%s" % (repo.kind, name, commit, urllib.parse.quote(path)),
                              "X-Repo-Commit": commit, "X-Linked-Size": str(e["size"]), "X-Linked-Etag": f'"{e["oid"]}"'})

    def cached(self, kind, name, commit, path):
        e = COMMITS[commit][2].get(path)
        headers = {"ETag": f'"{e["oid"]}"', "X-Repo-Commit": commit}
        if self.command == "HEAD":
            return self.reply(200, b"", {**headers, "Content-Length": str(e["size"])})
        self.send_part(e["data"], headers, fault("small"))

    # ---- writing

    def create(self):
        if self.token() != "hf_writer":
            return self.refuse(401 if not self.token() else 403, None, "You don't have the rights to create this repo")
        b = json.loads(self.body)
        kind = b.get("type", "model") + "s"
        name = f"{b['organization'] or 'me'}/{b['name']}"
        repo = Repo(kind, name)
        url = f"{self.base}/{'' if kind == 'models' else kind + '/'}{name}"
        if repo.exists():
            return self.reply(409, {"error": "You already created this repo", "url": url})
        repo.dir.mkdir(parents=True)
        (repo.dir / ".gitattributes").write_text("*.parquet filter=lfs diff=lfs merge=lfs -text\n")
        self.reply(200, {"url": url, "name": name, "id": "0"})

    def preupload(self, kind, name, revision):
        repo = self.repo_or_refuse(kind, name, is_write=True)
        if not repo:
            return
        _, entries = repo.find(revision)
        rows = []
        for file in json.loads(self.body)["files"]:
            e = entries.get(file["path"])
            assert len(base64.b64decode(file["sample"])) == min(512, file["size"])
            row = {"path": file["path"], "uploadMode": "lfs" if is_lfs(file["path"], file["size"]) else "regular",
                   "shouldIgnore": file["path"].endswith(".ignored")}
            if e:
                row["oid"] = e["lfs"]["oid"] if "lfs" in e else e["oid"]
            rows.append(row)
        self.reply(200, {"files": rows})

    def batch(self, kind, name):
        repo = self.repo_or_refuse(kind or "models", name, is_write=True)
        if not repo:
            return
        rows = []
        for o in json.loads(self.body)["objects"]:
            row = {"oid": o["oid"], "size": o["size"], "authenticated": True}
            if not (STORE / o["oid"]).exists():
                href = f"{self.cdn}/upload/{o['oid']}"
                header = {}
                if CHUNK and o["size"] > CHUNK:
                    header = {str(i + 1): f"{href}?part={i + 1}" for i in range(-(-o["size"] // CHUNK))}
                    header["chunk_size"] = str(CHUNK)
                    href = f"{self.base}/lfs-complete/{o['oid']}"
                row["actions"] = {"upload": {"href": href, "header": header}, "verify": {"href": f"{self.base}/lfs-verify"}}
            rows.append(row)
        self.reply(200, {"transfer": "multipart" if CHUNK else "basic", "objects": rows})

    def complete(self, oid):
        parts = json.loads(self.body)["parts"]
        data = b""
        for i, part in enumerate(parts):
            file = STORE / f"{oid}.part{i + 1}"
            piece = file.read_bytes()
            assert part == {"partNumber": i + 1, "etag": f'"{hashlib.md5(piece).hexdigest()}"'}, part
            data += piece
            file.unlink()
        if hashlib.sha256(data).hexdigest() != oid:
            return self.refuse(400, None, "the parts do not make the object")
        (STORE / oid).write_bytes(data)
        self.reply(200, {})

    def verify(self):
        b = json.loads(self.body)
        file = STORE / b["oid"]
        ok = file.exists() and file.stat().st_size == b["size"] and self.token() == "hf_writer"
        self.reply(200, {}) if ok else self.refuse(404, None, "no such object")

    def commit(self, kind, name, revision):
        repo = self.repo_or_refuse(kind, name, is_write=True)
        if not repo:
            return
        with LOCK:
            rows = [json.loads(line) for line in self.body.decode().splitlines()]
            head = rows[0]["value"]
            if head.get("parentCommit") not in (None, repo.commit("main")):
                return self.refuse(412, None, "A commit has happened since. Please refresh and try again.")
            for row in rows[1:]:
                v = row["value"]
                target = (repo.dir / v["path"]).resolve()
                assert repo.dir.resolve() in target.parents
                target.parent.mkdir(parents=True, exist_ok=True)
                if row["key"] == "file":
                    target.write_bytes(base64.b64decode(v["content"]))
                elif row["key"] == "lfsFile":
                    if not (STORE / v["oid"]).exists():
                        return self.refuse(400, None, f"LFS object {v['oid']} was not uploaded")
                    shutil.copyfile(STORE / v["oid"], target)
                elif row["key"] == "deletedFile":
                    target.unlink()
            sha = repo.commit("main")
        if self.fault.get("drop_after"):
            self.close_connection = True
            return self.connection.shutdown(2)
        self.reply(200, {"success": True, "commitOid": sha, "commitUrl": f"{self.base}/{kind}/{name}/commit/{sha}",
                         "hookOutput": ""})


class Cdn(Base):
    server_name = "cdn"

    def answer(self, body):
        if "Authorization" in self.headers:
            return self.refuse(400, None, "a token has leaked to the content server")
        f = fault("cdn")
        if self.failed(f):
            return
        url = urllib.parse.urlsplit(self.path)
        oid = url.path.split("/")[-1]
        file = STORE / oid
        if self.command == "PUT":
            part = urllib.parse.parse_qs(url.query).get("part")
            if not part and hashlib.sha256(body).hexdigest() != oid:
                return self.refuse(400, None, "not the object that was announced")
            STORE.mkdir(exist_ok=True)
            (STORE / (f"{oid}.part{part[0]}" if part else oid)).write_bytes(body)
            return self.reply(200, b"", {"ETag": f'"{hashlib.md5(body).hexdigest()}"'})
        if not file.exists():
            return self.refuse(404)
        data = file.read_bytes()
        self.send_part(data, {"ETag": f'"{oid}"', "Accept-Ranges": "bytes"}, f)


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request, client_address):
        if not isinstance(sys.exc_info()[1], (ConnectionError, TimeoutError)):
            super().handle_error(request, client_address)


def main():
    ROOT.mkdir(parents=True, exist_ok=True)
    random.seed(int(os.environ.get("STANDIN_SEED", "1")))
    servers = {"hub": Server(("127.0.0.1", 0), Hub), "cdn": Server(("127.0.0.1", 0), Cdn)}
    for name, server in servers.items():
        PORTS[name] = server.server_address[1]
        threading.Thread(target=server.serve_forever, daemon=True).start()
    (ROOT / "ports.tmp").write_text(f"{PORTS['hub']} {PORTS['cdn']}\n")
    os.replace(ROOT / "ports.tmp", ROOT / "ports")
    parent = os.getppid()
    while os.getppid() == parent:  # ends with the test that started it
        time.sleep(0.2)


main()
