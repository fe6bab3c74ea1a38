"""Asks the servers that irori started, by its APIs and with nothing but Python."""
import json
import os
import signal
import subprocess
import urllib.error
import urllib.request

BASE = os.environ["BASE_URL"]
QUESTION = [{"role": "user", "content": "What is the capital of Japan?"}]


def post(path, body, headers=None):
    r = urllib.request.Request(BASE + path, json.dumps(body).encode(), {"Content-Type": "application/json", **(headers or {})})
    try:
        with urllib.request.urlopen(r, timeout=120) as a:
            return a.status, a.read().decode(), a.headers
    except urllib.error.HTTPError as e:
        return e.code, e.read().decode(), e.headers


def must(what, ok, *seen):
    if not ok:
        raise SystemExit(f"{what}: {seen}")
    print("ok  ", what)


def backends():
    out = subprocess.run([os.environ["IRORI"], "ps", "--json"], check=True, capture_output=True, text=True).stdout
    return {b["name"]: b for b in json.loads(out)["backends"]}


def plain(model):
    return post("/v1/chat/completions", {"model": model, "max_tokens": 20, "temperature": 0, "messages": QUESTION})


def words(name):
    model = name + "/small"
    status, text, head = plain(model)
    must(f"{name}: plain", status == 200 and "Tokyo" in text and head["X-Irori-Backend"] == name and head["X-Irori-Route"] == "local", status, text)

    status, text, _ = post("/v1/chat/completions", {
        "model": model, "max_tokens": 20, "temperature": 0, "stream": True, "stream_options": {"include_usage": True}, "messages": QUESTION})
    events = [json.loads(line[6:]) for line in text.splitlines() if line.startswith("data: {")]
    said = "".join(c["delta"].get("content") or "" for e in events for c in e["choices"])
    must(f"{name}: stream", status == 200 and "Tokyo" in said and events[-1]["usage"]["completion_tokens"] > 3 and text.rstrip().endswith("[DONE]"), status, text)

    # A model this small calls what it has seen called.
    tool = {"type": "function", "function": {"name": "weather", "description": "tells the weather of a city", "parameters": {
        "type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}}}
    talk = []
    for i, city in enumerate(["Tokyo", "Osaka", "Nara"]):
        talk += [{"role": "user", "content": f"How is the weather in {city}?"},
                 {"role": "assistant", "content": "", "tool_calls": [{"id": f"c{i}", "type": "function", "function": {"name": "weather", "arguments": json.dumps({"city": city})}}]},
                 {"role": "tool", "tool_call_id": f"c{i}", "content": "sunny"}, {"role": "assistant", "content": "It is sunny."}]
    talk.append({"role": "user", "content": "How is the weather in Kyoto?"})
    status, text, _ = post("/v1/chat/completions", {"model": model, "max_tokens": 100, "temperature": 0, "tools": [tool], "messages": talk})
    calls = json.loads(text)["choices"][0]["message"].get("tool_calls") if status == 200 else None
    must(f"{name}: tools", calls and calls[0]["function"]["name"] == "weather" and json.loads(calls[0]["function"]["arguments"]) == {"city": "Kyoto"}, status, text)

    status, text, _ = post("/v1/messages", {"model": model, "max_tokens": 20, "temperature": 0, "messages": QUESTION})
    must(f"{name}: as Anthropic's", status == 200 and "Tokyo" in text, status, text)
    status, counted, _ = post("/v1/messages/count_tokens", {"model": model, "messages": QUESTION})
    must(f"{name}: tokens counted are tokens used", status == 200 and json.loads(counted)["input_tokens"] == json.loads(text)["usage"]["input_tokens"] + (json.loads(text)["usage"].get("cache_read_input_tokens") or 0), counted, text)
    status, text, _ = post("/v1/chat/completions", {"model": model, "messages": [{"role": "user", "content": [
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAA"}}]}]})
    must(f"{name}: images are refused by name", status == 400 and name in text, status, text)


def comes_back(name):
    was = backends()[name]
    os.kill(was["pid"], signal.SIGKILL)
    status, text, _ = plain(name + "/small")
    now = backends()[name]
    must(f"{name}: killed, and back for the next request", status == 200 and "Tokyo" in text and now["pid"] != was["pid"] and now["crashes"] == 1 and now["state"] == "ready", status, text, now)


there = backends()
known = there["words"]["details"][0]
must("capabilities are known", known["context"] == 4096 and known["images"] is False, there)
words("words")
status, text, _ = post("/v1/embeddings", {"model": "vectors/small", "input": ["a hot tea", "a cold car"]})
vectors = json.loads(text).get("data") or []
must("vectors", status == 200 and len(vectors) == 2 and len(vectors[0]["embedding"]) == 576, status, text[:300])
status, text, _ = post("/v1/rerank", {"model": "words/small", "query": "tea", "documents": ["a", "b"]})
must("ranking is refused by name", status == 400 and "does not rerank" in text, status, text)
comes_back("words")
if "vllm" in there:
    must("vLLM's context is known", there["vllm"]["details"][0]["context"] == 2048, there)
    words("vllm")
    comes_back("vllm")
