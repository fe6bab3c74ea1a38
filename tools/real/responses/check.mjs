// Drives /v1/responses with the npm package openai.
import OpenAI from 'openai'

const client = new OpenAI({ baseURL: process.env.BASE_URL + '/v1', apiKey: 'none', maxRetries: 0 })
const model = 'irori/local'
const check = (what, ok, shown) => {
  console.log((ok ? 'ok   ' : 'FAIL ') + what)
  if (!ok) { console.error(JSON.stringify(shown, null, 1)); process.exit(1) }
}

const r = await client.responses.create({ model, input: 'What is the capital of France?', max_output_tokens: 24, temperature: 0 })
check('create', r.output_text !== '', r)
check('retrieve', (await client.responses.retrieve(r.id)).output_text === r.output_text)
const next = await client.responses.create({ model, previous_response_id: r.id, input: 'Again.', max_output_tokens: 8, temperature: 0 })
check('previous_response_id', next.usage.input_tokens > r.usage.input_tokens, next)

let text = '', numbers = []
const stream = client.responses.stream({ model, input: 'Count to five.', max_output_tokens: 24, temperature: 0 })
for await (const e of stream) {
  numbers.push(e.sequence_number)
  if (e.type === 'response.output_text.delta') text += e.delta
}
const final = await stream.finalResponse()
check('stream', text === final.output[0].content[0].text && numbers.every((n, i) => n === i), { text, final, numbers })

const parsed = await client.responses.parse({
  model, input: 'Name a city.', max_output_tokens: 64, temperature: 0,
  text: { format: { type: 'json_schema', name: 'city', strict: true, schema: { type: 'object', properties: { name: { type: 'string' } }, required: ['name'], additionalProperties: false } } },
})
check('parse with a schema', typeof parsed.output_parsed.name === 'string', parsed)

const b = await client.responses.create({ model, input: 'Write a very long story.', background: true, max_output_tokens: 1500 })
check('background', b.status === 'queued', b)
const c = await client.responses.cancel(b.id)
check('cancel', c.status === 'cancelled', c)

const tools = [{ type: 'namespace', name: 'files', tools: [{ type: 'function', name: 'look', parameters: { type: 'object', properties: {} } }] }]
const called = client.responses.stream({ model: 'fake/fake', input: 'go', tools, store: false })
let args = ''
for await (const e of called) if (e.type === 'response.function_call_arguments.delta') args += e.delta
const one = (await called.finalResponse()).output[0]
check('a call, streamed', one.name === 'look' && one.namespace === 'files' && one.arguments === args && args === '{"path":"a"}', one)
