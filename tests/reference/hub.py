"""hub.py: perbit pull and hub_upload beside huggingface_hub, on the stand-in of tests/hub. TAP lines."""
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SRC, BUILD = Path(os.environ["PERBIT_SRC"]), Path(os.environ["PERBIT_BUILD"])
PERBIT = os.environ["PERBIT"]
WORK = Path(tempfile.mkdtemp())
FAILED = []


class Standin:
    def __init__(self, name, **env):
        self.root = WORK / name
        self.root.mkdir()
        self.proc = subprocess.Popen([sys.executable, str(SRC / "tests/hub/standin.py"), str(self.root)],
                                     env={**os.environ, **env})
        while not (self.root / "ports").exists():
            time.sleep(0.05)
        self.endpoint = "http://127.0.0.1:" + (self.root / "ports").read_text().split()[0]

    def log(self):
        path = self.root / "log.jsonl"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    def forget(self):
        (self.root / "log.jsonl").unlink(missing_ok=True)

    def faults(self, **faults):
        (self.root / "faults.json").write_text(json.dumps(faults))


def env(standin, cache, token="hf_writer", **more):
    e = {**os.environ, "HF_ENDPOINT": standin.endpoint, "HF_HOME": str(WORK / "home"), "HF_HUB_CACHE": str(cache),
         "HF_TOKEN": token, "HF_HUB_DISABLE_XET": "1", "HF_HUB_DISABLE_PROGRESS_BARS": "1", "HF_HUB_DISABLE_TELEMETRY": "1",
         **more}
    e.pop("HF_HUB_OFFLINE", None) if "HF_HUB_OFFLINE" not in more else None
    return e


def perbit(*args, **kw):
    done = subprocess.run([PERBIT, *args], env=env(**kw), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def python(code, wait=True, **kw):
    proc = subprocess.Popen([sys.executable, "-c", "from huggingface_hub import *\n" + code], env=env(**kw),
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if not wait:
        return proc
    out, err = proc.communicate()
    assert proc.returncode == 0, err
    return out.strip()


def case(f):
    try:
        f()
        print("ok - hub:", f.__name__)
    except Exception as e:  # noqa: BLE001
        FAILED.append(f.__name__)
        print("not ok - hub:", f.__name__)
        print("# " + repr(e)[-3000:].replace("\\n", "\n# "))


def fill(folder, files):
    for name, size in files.items():
        p = folder / name
        p.parent.mkdir(parents=True, exist_ok=True)
        p.write_bytes(random.Random(name).randbytes(size))


HUB = Standin("hub")
FILES = {"m-Q8_0.gguf": 200_000, "sub/m-Q4_0.gguf": 100_000, "README.md": 100, "sub/deep/ü b.txt": 50, "empty.txt": 0}
fill(HUB.root / "models/org/m", FILES)
fill(HUB.root / "models/org/m@v1.0", {"README.md": 101})
fill(HUB.root / "datasets/org/d", {"data/test-00000-of-00001.parquet": 5000, "README.md": 10})


def contents():
    return [r["path"] for r in HUB.log() if r["server"] == "cdn"]


def what_perbit_loads_python_finds():
    c = WORK / "c1"
    path = perbit("pull", "org/m:sub/m-Q4_0.gguf", standin=HUB, cache=c)
    assert python("print(hf_hub_download('org/m', 'sub/m-Q4_0.gguf', local_files_only=True))", standin=HUB, cache=c) == path
    assert python("print(try_to_load_from_cache('org/m', 'sub/m-Q4_0.gguf'))", standin=HUB, cache=c) == path
    folder = perbit("pull", "org/m", standin=HUB, cache=c)
    HUB.forget()
    assert python("print(snapshot_download('org/m', local_files_only=True))", standin=HUB, cache=c) == folder
    assert python("print(snapshot_download('org/m'))", standin=HUB, cache=c) == folder
    assert python("print(hf_hub_download('org/m', 'README.md'))", standin=HUB, cache=c) == folder + "/README.md"
    assert python("print(snapshot_download('org/m'))", standin=HUB, cache=c, HF_HUB_OFFLINE="1") == folder
    assert contents() == []
    v1 = perbit("pull", "org/m@v1.0:README.md", standin=HUB, cache=c)
    assert python("print(hf_hub_download('org/m', 'README.md', revision='v1.0', local_files_only=True))", standin=HUB, cache=c) == v1
    d = perbit("pull", "org/d", "--dataset", standin=HUB, cache=c)
    assert python("print(snapshot_download('org/d', repo_type='dataset', local_files_only=True))", standin=HUB, cache=c) == d
    text = python("r = scan_cache_dir()\nprint(len(r.warnings), sorted((x.repo_type, x.repo_id, x.nb_files) for x in r.repos))",
                  standin=HUB, cache=c)
    assert text == "0 [('dataset', 'org/d', 2), ('model', 'org/m', 6)]", text
    # a snapshot that is not whole is none
    os.unlink(folder + "/README.md")
    text = python("try:\n    snapshot_download('org/m', local_files_only=True)\nexcept Exception as e:\n    print(type(e).__name__)",
                  standin=HUB, cache=c)
    assert text == "IncompleteSnapshotError", text


def what_is_missing_python_knows():
    c = WORK / "c2"
    subprocess.run([PERBIT, "pull", "org/m:none.gguf"], env=env(HUB, c), capture_output=True)
    perbit("pull", "org/m:README.md", standin=HUB, cache=c)
    text = python("r = try_to_load_from_cache('org/m', 'none.gguf')\nprint(r is _CACHED_NO_EXIST, try_to_load_from_cache('org/m', 'm-Q8_0.gguf'))",
                  standin=HUB, cache=c)
    assert text == "True None", text


def what_python_loads_perbit_finds():
    c = WORK / "c3"
    path = python("print(hf_hub_download('org/m', 'sub/m-Q4_0.gguf'))", standin=HUB, cache=c)
    HUB.forget()
    assert perbit("pull", "org/m:sub/m-Q4_0.gguf", standin=HUB, cache=c, HF_HUB_OFFLINE="1") == path
    assert HUB.log() == []
    assert perbit("pull", "org/m:sub/m-Q4_0.gguf", standin=HUB, cache=c) == path
    assert contents() == []
    folder = python("print(snapshot_download('org/m'))", standin=HUB, cache=c)
    HUB.forget()
    assert perbit("pull", "org/m", standin=HUB, cache=c, HF_HUB_OFFLINE="1") == folder
    assert perbit("pull", "org/m", standin=HUB, cache=c) == folder
    assert contents() == [] and not [r for r in HUB.log() if "/tree/" in r["path"]]  # the list of files is Python's own
    d = python("print(snapshot_download('org/d', repo_type='dataset', revision='main'))", standin=HUB, cache=c)
    assert perbit("pull", "datasets/org/d", standin=HUB, cache=c, HF_HUB_OFFLINE="1") == d


def same_layout():
    def tree(c):
        rows = {}
        for p in sorted(c.rglob("*")):
            name = str(p.relative_to(c))
            if p.is_symlink():
                rows[name] = "-> " + os.readlink(p)
            elif p.is_file() and p.name != "CACHEDIR.TAG":
                rows[name] = json.loads(p.read_text()) if p.suffix == ".json" else p.read_bytes()
        return rows
    a, b = WORK / "c4", WORK / "c5"
    perbit("pull", "org/m", standin=HUB, cache=a)
    perbit("pull", "org/d", "--dataset", standin=HUB, cache=a)
    python("snapshot_download('org/m')\nsnapshot_download('org/d', repo_type='dataset')", standin=HUB, cache=b)
    ours, theirs = tree(a), tree(b)
    assert ours == theirs, (set(ours) ^ set(theirs), [k for k in ours if k in theirs and ours[k] != theirs[k]])


def both_at_once_load_once():
    c = WORK / "c6"
    HUB.forget()
    HUB.faults(cdn={"rate_bytes_s": 100_000})
    proc = python("print(snapshot_download('org/m', max_workers=8))", wait=False, standin=HUB, cache=c)
    time.sleep(0.4)
    folder = perbit("pull", "org/m", standin=HUB, cache=c)
    out, err = proc.communicate()
    assert proc.returncode == 0 and out.strip() == folder, err
    c2 = WORK / "c7"
    ours = subprocess.Popen([PERBIT, "pull", "org/m"], env=env(HUB, c2), stdout=subprocess.PIPE, text=True)
    time.sleep(0.4)
    assert python("print(snapshot_download('org/m'))", standin=HUB, cache=c2) == ours.communicate()[0].strip()
    HUB.faults()
    asked = contents()
    assert len(asked) == 4 and len({p.split("?")[0] for p in asked}) == 2, asked


def sent(standin, repo):
    """What was sent, without names of the repository, addresses and order of files."""
    rows = []
    for r in standin.log():
        path, body = r["path"].replace(repo, "REPO").split("?sig")[0], r.get("body")
        if r["method"] not in ("POST", "PUT") or "validate-yaml" in path:
            continue
        kind = r["headers"].get("content-type", "").split(";")[0] if r["server"] == "hub" else ""
        auth = "authorization" in r["headers"]
        if path == "/api/repos/create":
            b = json.loads(body)
            body = {k: v for k, v in b.items() if k != "name" and v is not None}
        elif "/commit/" in path:
            lines = [json.loads(line) for line in body.splitlines()]
            body = [lines[0]] + sorted(lines[1:], key=json.dumps)
        elif body and body.startswith("{"):
            body = json.loads(body)
            for key in ("files", "objects"):
                if key in body:
                    body[key].sort(key=json.dumps)
        rows.append(json.dumps([r["server"], r["method"], path, kind, auth, body], sort_keys=True))
    rest = [r for r in rows if '"PUT"' in r or "lfs-" in r]  # contents may go in any order
    return [r for r in rows if r not in rest], sorted(rest)


UPLOADS = {"README.md": 700, "tables/levels.csv": 3000, "big/a.parquet": 250_000, "big/b.parquet": 100_001, "none.txt": 0,
           "w.ignored": 10, "ünï.json": 20}


def upload_as_huggingface_hub(chunk, kind):
    ours, theirs = (Standin(f"{who}-{kind}-{chunk}", STANDIN_CHUNK=str(chunk)) for who in ("ours", "theirs"))
    folder = WORK / f"folder-{kind}-{chunk}"
    fill(folder, UPLOADS)
    (folder / "README.md").write_text("---\nlicense: mit\n---\n# x\n")
    sdk = ", space_sdk='static'" if kind == "space" else ""

    def both(n_sent, n_same):
        for s in (ours, theirs):
            s.forget()
        done = subprocess.run([str(BUILD / "tests/hub_upload"), kind, "me/ours", str(folder), *UPLOADS], env=env(ours, WORK / "c9"),
                              capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        assert done.stdout.split()[1:] == ["%d" % n_sent, "sent", "%d" % n_same, "same", "1", "ignored"] or \
            done.stdout.split() == ["%d" % n_sent, "sent", "%d" % n_same, "same", "1", "ignored"], done.stdout
        python(f"""
a = HfApi()
a.create_repo('me/theirs', repo_type='{kind}', exist_ok=True{sdk})
parent = a.repo_info('me/theirs', repo_type='{kind}').sha
a.upload_folder(repo_id='me/theirs', repo_type='{kind}', folder_path={str(folder)!r}, commit_message='a commit',
                commit_description='of files', parent_commit=parent)""", standin=theirs, cache=WORK / "c9")
        return sent(ours, "me/ours"), sent(theirs, "me/theirs")

    def without_parent(rows):
        out = []
        for r in rows:
            row = json.loads(r)
            if "/commit/" in row[2]:
                assert len(row[5][0]["value"].pop("parentCommit")) == 40
            out.append(row)
        return out

    got, want = both(6, 0)
    assert got[1] == want[1] and len(got[1]) >= 4, (got[1], want[1])
    assert without_parent(got[0]) == without_parent(want[0]), (got[0], want[0])
    trees = [sorted((str(p.relative_to(s.root / f"{kind}s/me/{who}")), p.read_bytes())
                    for p in (s.root / f"{kind}s/me/{who}").rglob("*") if p.is_file())
             for s, who in ((ours, "ours"), (theirs, "theirs"))]
    assert trees[0] == trees[1]
    # one file changed: both send that one; nothing changed: no commit (of ours: an ignored file makes theirs an empty one)
    (folder / "tables/levels.csv").write_text("a\n1\n")
    got, want = both(1, 5)
    # we do not make a repository that is there, nor ask the storage for what has not changed
    rows = [without_parent([r for r in x[0] if "create" not in r and "objects/batch" not in r]) for x in (got, want)]
    assert rows[0] == rows[1] and len(rows[0]) == 2, rows
    got, _ = both(0, 6)
    assert [r for r in got[0] if "/commit/" in r] == []


def uploads_in_one_piece():
    upload_as_huggingface_hub(0, "dataset")


def uploads_in_parts():
    upload_as_huggingface_hub(100_000, "dataset")


def uploads_to_a_space():
    upload_as_huggingface_hub(0, "space")


for f in (what_perbit_loads_python_finds, what_is_missing_python_knows, what_python_loads_perbit_finds, same_layout,
          both_at_once_load_once, uploads_in_one_piece, uploads_in_parts, uploads_to_a_space):
    case(f)
sys.exit(len(FAILED) > 0)
