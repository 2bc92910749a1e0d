import { describe, expect, test } from 'vitest'
import { listRun, type Place } from './events-listing.ts'

const listings: readonly (readonly [title: string, place: Place, events: readonly string[]])[] = [
  [
    'a run that is cancelled',
    { file: 'agent-run-cancel.jsonl', run: 0 },
    [
      'run.started',
      'raw agent/lifecycle model',
      'assistant.delta :1 "w0"',
      'assistant.delta :1 " w1"',
      'assistant.delta :1 " w2"',
      'assistant.delta :1 " w3"',
      'assistant.message "w0 w1 w2 w3"',
      'run.cancelled {"reason":"rpc","output":"w0 w1 w2 w3","durationMs":1072}',
    ],
  ],
  [
    'a run that is cancelled before it started',
    { file: 'events-abort-early.jsonl', run: 0 },
    ['run.started', 'run.cancelled {"reason":"rpc"}'],
  ],
  [
    'a run that is cancelled during a tool call',
    { file: 'events-abort-exec.jsonl', conn: 6, run: 0 },
    [
      'run.started',
      'raw agent/lifecycle model',
      'raw agent/usage',
      'tool.call.started exec {"command":"sleep 20"}',
      'approval.requested exec {"command":"sleep 20"}',
      'approval.resolved approved',
      'tool.call.completed cancelled 1593 undefined',
      'run.cancelled {"reason":"rpc","durationMs":1906}',
    ],
  ],
  [
    'a run that is cancelled while it waits for a person',
    { file: 'events-abort-approval.jsonl', conn: 9, run: 0 },
    [
      'run.started',
      'raw agent/lifecycle model',
      'raw agent/usage',
      'tool.call.started exec undefined',
      'approval.requested exec {"command":"sleep 21","cwd":"<home>/workspace"}',
      'approval.resolved cancelled the run ended before anybody decided',
      'tool.call.completed cancelled 338 undefined',
      'run.cancelled {"reason":"rpc","durationMs":655}',
    ],
  ],
  [
    'a run that takes too long',
    { file: 'events-timeout.jsonl', run: 0 },
    [
      'run.started',
      'raw agent/lifecycle model',
      'assistant.delta :1 "w0"',
      'assistant.delta :1 " w1"',
      'assistant.delta :1 " w2"',
      'assistant.delta :1 " w3"',
      'assistant.delta :1 " w4"',
      'assistant.delta :1 " w5"',
      'assistant.delta :1 " w6"',
      'assistant.delta :1 " w7"',
      'assistant.delta :1 " w8"',
      'assistant.delta :1 " w9"',
      'raw agent/lifecycle model',
      'raw agent/lifecycle model',
      'raw agent/lifecycle finishing',
      'assistant.message "w0 w1 w2 w3 w4 w5 w6 w7 w8 w9"',
      'run.timed_out {"reason":"Request timed out before a response was generated. Please try again, or increase `agents.defaults.timeoutSeconds` in your config.","output":"w0 w1 w2 w3 w4 w5 w6 w7 w8 w9","durationMs":2241}',
    ],
  ],
  [
    'a provider that refuses',
    { file: 'b-run-error-401.jsonl', run: 0 },
    [
      'run.started',
      'raw agent/lifecycle model',
      'raw agent/lifecycle finishing',
      'raw agent/lifecycle model',
      'run.failed {"error":{"message":"flaky/f-1 request failed (authentication failed, HTTP 401). Re-authenticate the provider and try again.","code":"auth","status":401},"durationMs":461}',
    ],
  ],
  [
    'a model that thinks',
    { file: 'agent-run-thinking.jsonl', run: 0 },
    [
      'run.started',
      'raw agent/lifecycle model',
      'thinking.delta "first"',
      'thinking.delta " I consider this, then that"',
      'raw agent/usage',
      'assistant.delta :1 "answer after thinking"',
      'raw agent/lifecycle finishing',
      'raw agent/lifecycle model',
      'assistant.message "answer after thinking"',
      'run.completed {"output":"answer after thinking","durationMs":280,"stopReason":"stop"}',
    ],
  ],
  [
    'a reply that is cut',
    { file: 'agent-run-length.jsonl', run: 0 },
    [
      'run.started',
      'raw agent/lifecycle model',
      'assistant.delta :1 "cut"',
      'assistant.delta :1 " off here"',
      'raw agent/usage',
      'raw agent/lifecycle finishing',
      'raw agent/lifecycle model',
      'assistant.message "cut off here"',
      'run.completed {"output":"cut off here","durationMs":187,"stopReason":"length"}',
    ],
  ],
  [
    'a message sent to a session',
    { file: 'chat-send.jsonl', run: 0 },
    [
      'run.started',
      'raw run_status preparing_workspace',
      'raw run_status preparing_context',
      'raw agent/lifecycle start',
      'raw run_status starting_model',
      'raw agent/lifecycle model',
      'raw agent/usage',
      'tool.call.started ls {"path":"."}',
      'tool.call.completed ok 3 "(empty directory)"',
      'raw agent/lifecycle model',
      'assistant.delta :2 "tool"',
      'assistant.delta :2 " said: (empty directory)"',
      'raw agent/usage',
      'raw agent/lifecycle finishing',
      'raw agent/lifecycle model',
      'assistant.message "tool said: (empty directory)"',
      'run.completed {"output":"tool said: (empty directory)","durationMs":98,"stopReason":"stop"}',
    ],
  ],
  [
    'a message that another run took over',
    { file: 'events-steered.jsonl', run: 1 },
    ['run.started', 'run.completed'],
  ],
  [
    'files that a tool changes',
    { file: 'events-patch.jsonl', conn: 12, run: 0 },
    [
      'run.started',
      'raw agent/lifecycle model',
      'raw agent/usage',
      'tool.call.started apply_patch {"input":"*** Begin Patch\\n*** Add File: b-probe.txt\\n+hello\\n*** End Patch\\n"}',
      'tool.call.completed ok 29 "Success. Updated the following files:\\nA b-probe.txt"',
      'artifact.updated {"artifactId":"patch:call_fake_26","name":"b-probe.txt"}',
      'raw agent/lifecycle model',
      'assistant.delta :2 "tool"',
      'assistant.delta :2 " said: Success. Updated the following files:\\nA b-probe.txt"',
      'raw agent/usage',
      'raw agent/lifecycle finishing',
      'raw agent/lifecycle model',
      'assistant.message "tool said: Success. Updated the following files:\\nA b-probe.txt"',
      'run.completed {"output":"tool said: Success. Updated the following files:\\nA b-probe.txt","durationMs":360,"stopReason":"stop"}',
    ],
  ],
]

describe('the ends of recorded runs', () => {
  test.each(listings)('%s', (_, place, expected) => {
    expect(listRun(place)).toEqual(expected)
  })

  test('a provider that is asked again and again', () => {
    const attempt = [
      'raw agent/lifecycle model',
      'assistant.delta :1 "partial"',
      'raw agent/lifecycle finishing',
    ]
    const retry = ['raw run_status retrying', 'assistant.delta :1 replace ""', 'raw agent/lifecycle start']
    expect(listRun({ file: 'events-retry.jsonl', run: 0 })).toEqual([
      'run.started',
      ...attempt,
      ...Array.from({ length: 7 }, () => [...retry, ...attempt]).flat(),
      'raw agent/lifecycle model',
      'assistant.message "partial"',
      'run.failed {"error":{"message":"LLM request timed out.","code":"timeout"},"output":"partial","durationMs":80328}',
    ])
  })
})
