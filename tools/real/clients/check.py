"""Drives the ordinary calls of Python's clients: anthropic, ollama,
langchain-openai, llama-index."""
import os, sys
import anthropic, ollama
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI, OpenAIEmbeddings
from llama_index.core.llms import ChatMessage
from llama_index.core.tools import FunctionTool
from llama_index.llms.openai_like import OpenAILike

BASE, REAL, FAKE, SMALL = os.environ["BASE_URL"], "irori/local", "fake/fake", "smollm2-135m-instruct"


def check(what, ok, shown=""):
    print(("ok   " if ok else "FAIL ") + what, flush=True)
    if not ok:
        sys.exit(f"{what}: {shown}")


ask = [{"role": "user", "content": "What is the capital of France?"}]
cold = {"temperature": 0}
c = anthropic.Anthropic(base_url=BASE, api_key="none", max_retries=0)
r = c.messages.create(model=REAL, max_tokens=16, extra_body=cold, messages=ask)
text = r.content[0].text
check("anthropic: create", text and r.usage.output_tokens > 0, r)
n = c.messages.count_tokens(model=REAL, messages=ask).input_tokens
check("anthropic: count_tokens", n == r.usage.input_tokens + (r.usage.cache_read_input_tokens or 0), (n, r.usage))
with c.messages.stream(model=REAL, max_tokens=16, extra_body=cold, messages=ask) as s:
    said = "".join(s.text_stream)
    final = s.get_final_message()
check("anthropic: stream", said == text == final.content[0].text and final.usage.output_tokens == r.usage.output_tokens, (said, text))
weather = {"name": "weather", "description": "d", "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}}}
for stream in (False, True):
    if stream:
        with c.messages.stream(model=FAKE, max_tokens=60, messages=ask, tools=[weather]) as s:
            t = s.get_final_message()
    else:
        t = c.messages.create(model=FAKE, max_tokens=60, messages=ask, tools=[weather])
    use = [b for b in t.content if b.type == "tool_use"]
    check(f"anthropic: tools, stream={stream}", t.stop_reason == "tool_use" and use[0].input == {"city": "京都"}, t)
after = c.messages.create(model=FAKE, max_tokens=60, tools=[weather], messages=ask + [
    {"role": "assistant", "content": [b.to_dict() for b in t.content]},
    {"role": "user", "content": [{"type": "tool_result", "tool_use_id": use[0].id, "content": "rain"}]}])
check("anthropic: a tool's result", after.content[0].text == "All done.", after)
try:
    c.messages.create(model="nobody", max_tokens=5, messages=ask)
    check("anthropic: errors", False)
except anthropic.NotFoundError as e:
    check("anthropic: errors", e.body["error"]["type"] == "not_found_error", e.body)
check("anthropic: models", REAL in [m.id for m in c.models.list(limit=100)])

o = ollama.Client(host=BASE)
options = {"num_predict": 16, "temperature": 0}
check("ollama: chat", o.chat(model=SMALL, messages=ask, options=options).message.content == text)
check("ollama: stream", "".join(p.message.content for p in o.chat(model=SMALL, messages=ask, options=options, stream=True)) == text)
called = o.chat(model=FAKE, messages=ask, tools=[{"type": "function", "function": {"name": "weather", "description": "d", "parameters": weather["input_schema"]}}])
check("ollama: tools", called.message.tool_calls[0].function.arguments == {"city": "京都"}, called)
check("ollama: embed, list, show, ps", len(o.embed(model=SMALL, input=["a", "b"]).embeddings) == 2 and o.list().models and o.show(SMALL).modelinfo and o.ps().models)

llm = ChatOpenAI(model=REAL, base_url=BASE + "/v1", api_key="none", max_retries=0, max_tokens=16, temperature=0)
check("langchain: invoke", llm.invoke(ask[0]["content"]).content == text)
check("langchain: stream", "".join(p.content for p in llm.stream(ask[0]["content"])) == text)


@tool("weather")
def lookup(city: str) -> str:
    "The weather of a city."
    return "rain in " + city


m = ChatOpenAI(model=FAKE, base_url=BASE + "/v1", api_key="none", max_retries=0).bind_tools([lookup]).invoke("weather?")
check("langchain: tools", m.tool_calls[0]["args"] == {"city": "京都"}, m)
v = OpenAIEmbeddings(model=REAL, base_url=BASE + "/v1", api_key="none", max_retries=0, check_embedding_ctx_length=False).embed_documents(["a", "b"])
check("langchain: embeddings", len(v) == 2 and len(v[0]) > 100, len(v))

li = OpenAILike(model=REAL, api_base=BASE + "/v1", api_key="none", is_chat_model=True, max_tokens=16, temperature=0, max_retries=0)
check("llama-index: chat", li.chat([ChatMessage(role="user", content=ask[0]["content"])]).message.content == text)
check("llama-index: stream", [p for p in li.stream_chat([ChatMessage(role="user", content=ask[0]["content"])])][-1].message.content == text)
check("llama-index: complete", li.complete("Hello").text)
fake = OpenAILike(model=FAKE, api_base=BASE + "/v1", api_key="none", is_chat_model=True, is_function_calling_model=True, max_retries=0)
got = fake.chat_with_tools([FunctionTool.from_defaults(fn=lambda city: "rain", name="weather", description="d")], user_msg="weather?")
check("llama-index: tools", fake.get_tool_calls_from_response(got)[0].tool_kwargs == {"city": "京都"}, got)
