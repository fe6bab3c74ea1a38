"""Drives /v1/responses with the Python package openai: first a real model,
then a scripted one where a small model cannot play the part."""
import os, sys, time
import openai
from pydantic import BaseModel

client = openai.OpenAI(base_url=os.environ["BASE_URL"] + "/v1", api_key="none", max_retries=0)
REAL, FAKE = "irori/local", "fake/fake"


def check(what, ok, shown=""):
    print(("ok   " if ok else "FAIL ") + what, flush=True)
    if not ok:
        sys.exit(f"{what}: {shown}")


r = client.responses.create(model=REAL, input="What is the capital of France?", max_output_tokens=24, temperature=0)
chat = client.chat.completions.create(model=REAL, messages=[{"role": "user", "content": "What is the capital of France?"}], max_tokens=24, temperature=0)
check("create", r.status == "incomplete" and r.output_text == chat.choices[0].message.content != "", (r, chat))
check("usage", r.usage.input_tokens > 5 and r.usage.output_tokens > 2 and r.usage.total_tokens == r.usage.input_tokens + r.usage.output_tokens, r.usage)
check("retrieve", client.responses.retrieve(r.id).output_text == r.output_text)
items = client.responses.input_items.list(r.id)
check("input items", items.data[0].content[0].text == "What is the capital of France?", items)
n = client.responses.input_tokens.count(model=REAL, input="What is the capital of France?").input_tokens
check("input tokens", n == r.usage.input_tokens, n)

next = client.responses.create(model=REAL, previous_response_id=r.id, input="Say it again.", max_output_tokens=16, temperature=0)
check("previous_response_id", next.usage.input_tokens > r.usage.input_tokens + 5 and next.previous_response_id == r.id, next)
check("its beginning is cached", next.usage.input_tokens_details.cached_tokens > r.usage.input_tokens // 2, next.usage)

names, text, numbers = [], "", []
with client.responses.stream(model=REAL, input="Count to five.", max_output_tokens=24, temperature=0) as stream:
    for e in stream:
        names.append(e.type)
        numbers.append(e.sequence_number)
        if e.type == "response.output_text.delta":
            text += e.delta
        if e.type in ("response.completed", "response.incomplete"):
            final = e.response
check("stream", text == final.output_text != "" and numbers == list(range(len(numbers))) and names[0] == "response.created", (names, numbers))
check("one end", sum(n in ("response.completed", "response.incomplete", "response.failed") for n in names) == 1, names)


class City(BaseModel):
    name: str
    country: str


p = client.responses.parse(model=REAL, input="Name a city.", text_format=City, max_output_tokens=64, temperature=0)
check("parse with a schema", isinstance(p.output_parsed, City), p)

logged = client.responses.create(model=REAL, input="hi", max_output_tokens=4, top_logprobs=2, include=["message.output_text.logprobs"])
lp = logged.output[0].content[0].logprobs
check("logprobs", len(lp) > 0 and len(lp[0].top_logprobs) == 2 and lp[0].logprob <= 0, lp)

tools = [{"type": "function", "name": "weather", "description": "tells the weather", "parameters": {
    "type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"], "additionalProperties": False}, "strict": True}]
forced = client.responses.create(model=REAL, input="The weather in Oslo?", tools=tools, tool_choice="required", max_output_tokens=64, temperature=0)
check("a forced call by the real model", forced.output[0].type == "function_call" and forced.output[0].name == "weather", forced)

b = client.responses.create(model=REAL, input="Write a long story.", background=True, max_output_tokens=8)
check("background begins", b.status == "queued", b)
for _ in range(300):
    b = client.responses.retrieve(b.id)
    if b.status not in ("queued", "in_progress"):
        break
    time.sleep(0.1)
check("background ends", b.status == "incomplete" and b.incomplete_details.reason == "max_output_tokens" and b.output_text != "", b)
ends = [e for e in client.responses.retrieve(b.id, stream=True, starting_after=3)]
check("its stream from event 3 on", ends[0].sequence_number == 4 and ends[-1].type == "response.incomplete", ends)

c = client.responses.create(model=REAL, input="Write a very long story.", background=True, max_output_tokens=1500)
c = client.responses.cancel(c.id)
check("cancel", c.status == "cancelled", c)

client.responses.delete(r.id)
try:
    client.responses.retrieve(r.id)
    check("delete", False, "it is still there")
except openai.NotFoundError as e:
    check("delete", "there is no response" in str(e), e)

m = client.responses.compact(model=REAL, input=[
    {"role": "user", "content": "My name is Aoi and I live in Kyoto."}, {"role": "assistant", "content": "Nice to meet you, Aoi."}])
check("compact", m.object == "response.compaction" and m.output[-1].type == "compaction", m)
again = client.responses.create(model=REAL, input=[i.model_dump(exclude_none=True) for i in m.output] + [{"role": "user", "content": "Hello"}], max_output_tokens=4, store=False)
check("its item is taken back", again.usage.input_tokens > 20, again)

conv = client.conversations.create(items=[{"role": "user", "content": "My name is Aoi."}])
client.responses.create(model=REAL, conversation=conv.id, input="Hello", max_output_tokens=4)
check("conversation", len(client.conversations.items.list(conv.id).data) == 3)
check("conversation ends", client.conversations.delete(conv.id).deleted)

# The scripted model calls look, then patch, then says that it is done.
tools = [{"type": "namespace", "name": "files", "description": "files", "tools": [{"type": "function", "name": "look", "parameters": {"type": "object", "properties": {}}}]},
         {"type": "custom", "name": "patch", "description": "patches"}, {"type": "web_search"}]
one = client.responses.create(model=FAKE, input="go", tools=tools)
call = one.output[0]
check("a call in a namespace", (call.type, call.name, call.namespace, call.arguments) == ("function_call", "look", "files", '{"path":"a"}'), one)
deltas = ""
with client.responses.stream(model=FAKE, previous_response_id=one.id, tools=tools,
                             input=[{"type": "function_call_output", "call_id": call.call_id, "output": "nothing"}]) as stream:
    for e in stream:
        if e.type == "response.custom_tool_call_input.delta":
            deltas += e.delta
    two = stream.get_final_response()
call = two.output[0]
check("a custom call, streamed", call.type == "custom_tool_call" and call.input == deltas == "*** Begin\n火\n", two)
three = client.responses.create(model=FAKE, previous_response_id=two.id, tools=tools,
                                input=[{"type": "custom_tool_call_output", "call_id": call.call_id, "output": "done"}])
check("and the end", three.output_text == "All done.", three)
try:
    client.responses.create(model="nope", input="x")
    check("an error", False, "there was none")
except openai.NotFoundError as e:
    check("an error", e.code == "model_not_found", e)
