"""Prompts through llama-server, as many at a time as it has slots: server.py SERVER MODEL PROMPTS.jsonl SLOTS MAX_TOKENS [UNTIL]

One JSON line: seconds from the first request to the last answer, tokens generated, tokens a second. Greedy, no prompt kept from one
to the next (cache_prompt false would also drop what the server shares, so it is left on: its own best).
"""
import concurrent.futures
import json
import subprocess
import sys
import time
import urllib.request

PORT = 18080


def post(path, body):
    data = json.dumps(body).encode()
    request = urllib.request.Request(f"http://127.0.0.1:{PORT}{path}", data, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=3600) as answer:
        return json.load(answer)


def wait(server):
    for _ in range(600):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{PORT}/health", timeout=5).read()
            return
        except OSError:
            if server.poll() is not None:
                sys.exit(f"llama-server ended with {server.returncode}")
            time.sleep(0.2)
    sys.exit("llama-server does not answer")


def main():
    program, model, prompts, slots, max_tokens = sys.argv[1:6]
    until = sys.argv[6:]
    texts = [json.loads(line)["context"] for line in open(prompts, encoding="utf-8")]
    longest = max(len(t) for t in texts) // 2 + int(max_tokens)
    server = subprocess.Popen([program, "-m", model, "--port", str(PORT), "-np", slots, "-c", str(longest * int(slots)), "-ngl", "0",
                               "-b", "512", "-ub", "512", "--no-webui"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait(server)
        start_s = time.monotonic()
        with concurrent.futures.ThreadPoolExecutor(int(slots)) as pool:
            answers = list(pool.map(lambda text: post("/completion", {
                "prompt": text, "n_predict": int(max_tokens), "temperature": 0, "top_k": 1, "stop": until, "cache_prompt": True}), texts))
        run_s = time.monotonic() - start_s
    finally:
        server.terminate()
        server.wait()
    tokens = sum(a["tokens_predicted"] for a in answers)
    print(json.dumps({"server_slots": int(slots), "run_s": run_s, "tokens": tokens, "tps": tokens / run_s}))


main()
