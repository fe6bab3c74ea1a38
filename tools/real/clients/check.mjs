// Drives the ordinary calls of npm's clients: openai, ollama, ai, langchain.
import OpenAI from "openai";
import { Ollama } from "ollama";
import { generateText, streamText, tool, stepCountIs } from "ai";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { ChatOpenAI, OpenAIEmbeddings } from "@langchain/openai";
import { tool as lcTool } from "@langchain/core/tools";
import { z } from "zod";

const base = process.env.BASE_URL, REAL = "irori/local", FAKE = "fake/fake";
const check = (what, ok, shown) => {
  console.log((ok ? "ok   " : "FAIL ") + what);
  if (!ok) { console.error(shown); process.exit(1); }
};
const ask = [{ role: "user", content: "What is the capital of France?" }];

const openai = new OpenAI({ baseURL: base + "/v1", apiKey: "none", maxRetries: 0 });
const plain = await openai.chat.completions.create({ model: REAL, messages: ask, max_tokens: 16, temperature: 0 });
const text = plain.choices[0].message.content;
check("openai: chat", text.length > 0 && plain.usage.completion_tokens > 0, plain);
let streamed = "", usage = null;
for await (const c of await openai.chat.completions.create({ model: REAL, messages: ask, max_tokens: 16, temperature: 0, stream: true, stream_options: { include_usage: true } })) {
  streamed += c.choices[0]?.delta?.content ?? "";
  usage = c.usage ?? usage;
}
check("openai: stream", streamed === text && usage.completion_tokens === plain.usage.completion_tokens, { streamed, text, usage });
const called = await openai.chat.completions.create({ model: FAKE, messages: ask, tools: [{ type: "function", function: { name: "weather", parameters: { type: "object", properties: { city: { type: "string" } } } } }] });
check("openai: tools", called.choices[0].message.tool_calls?.[0]?.function.name === "weather", called);
const vectors = await openai.embeddings.create({ model: REAL, input: ["a", "火"] });
check("openai: embeddings", vectors.data.length === 2 && vectors.data[1].embedding.length === vectors.data[0].embedding.length && vectors.data[0].embedding.length > 100, vectors.data.length);
check("openai: models", (await openai.models.list()).data.some((m) => m.id === REAL));
try { await openai.chat.completions.create({ model: "nobody", messages: ask }); check("openai: errors", false); } catch (e) { check("openai: errors", e.status === 404 && e.code === "model_not_found", e); }

const ollama = new Ollama({ host: base });
const said = await ollama.chat({ model: "smollm2-135m-instruct", messages: ask, options: { num_predict: 16, temperature: 0 } });
check("ollama: chat", said.message.content === text && said.eval_count > 0 && said.total_duration > 0, said);
let pieces = "";
for await (const c of await ollama.generate({ model: "smollm2-135m-instruct", prompt: "Hello", stream: true, options: { num_predict: 8 } })) pieces += c.response;
check("ollama: generate as a stream", pieces.length > 0, pieces);
check("ollama: embed", (await ollama.embed({ model: "smollm2-135m-instruct", input: ["a"] })).embeddings[0].length > 100);
check("ollama: list, show, ps", (await ollama.list()).models.length > 0 && (await ollama.show({ model: "smollm2-135m-instruct" })).details.family.length > 0 && (await ollama.ps()).models.length > 0);

const provider = createOpenAICompatible({ name: "irori", baseURL: base + "/v1", apiKey: "none", includeUsage: true });
const generated = await generateText({ model: provider(REAL), prompt: ask[0].content, maxOutputTokens: 16, temperature: 0, maxRetries: 0 });
check("ai: generateText", generated.text === text && generated.usage.inputTokens > 0, generated.text);
const stream = streamText({ model: provider(REAL), prompt: ask[0].content, maxOutputTokens: 16, temperature: 0, maxRetries: 0 });
let all = "";
for await (const t of stream.textStream) all += t;
check("ai: streamText", all === text && (await stream.usage).outputTokens > 0, all);
let asked = 0;
const looped = await generateText({
  model: provider(FAKE), prompt: "weather?", maxRetries: 0, stopWhen: stepCountIs(3),
  tools: { weather: tool({ description: "d", inputSchema: z.object({ city: z.string() }), execute: async ({ city }) => { asked++; return "rain in " + city; } }) },
});
check("ai: a tool loop", asked === 1 && looped.text === "All done.", { asked, text: looped.text });

const chain = new ChatOpenAI({ model: REAL, apiKey: "none", maxRetries: 0, maxTokens: 16, temperature: 0, configuration: { baseURL: base + "/v1" } });
check("langchain: invoke", (await chain.invoke(ask[0].content)).content === text);
let parts = "";
for await (const c of await chain.stream(ask[0].content)) parts += c.content;
check("langchain: stream", parts === text, parts);
const weather = lcTool(async ({ city }) => "rain in " + city, { name: "weather", description: "d", schema: z.object({ city: z.string() }) });
const bound = new ChatOpenAI({ model: FAKE, apiKey: "none", maxRetries: 0, configuration: { baseURL: base + "/v1" } }).bindTools([weather]);
const msg = await bound.invoke("weather?");
check("langchain: tools", msg.tool_calls?.[0]?.args.city === "京都", msg);
const lcVectors = await new OpenAIEmbeddings({ model: REAL, apiKey: "none", maxRetries: 0, configuration: { baseURL: base + "/v1" } }).embedDocuments(["a", "b"]);
check("langchain: embeddings", lcVectors.length === 2 && lcVectors[0].length > 100, lcVectors.length);
