import type { LanguageModelV4 } from '@ai-sdk/provider'

import { createPincer } from '../../src/index.ts'
import { scriptedUsage, say } from './scripted-agent.ts'
import { type ScriptedBehaviour, type ScriptedGateway, scriptedGateway } from './scripted-gateway.ts'
import type { Script, Stage, Told } from './scripted-run.ts'

const name = 'tide'
const input = { sea: 'north' }

/** A run in which everything happens that a run can tell without asking anybody. */
export const wholeRun: readonly Told[] = [
  ['run.started', {}],
  ['model.call.started', { provider: 'demo', model: 'demo-1' }, 'call_1'],
  ['thinking.delta', { delta: 'Let me ', itemId: 'thought_1' }],
  ['thinking.delta', { delta: 'think.', itemId: 'thought_1' }],
  ...say('I shall look.', 'message_1'),
  ['model.call.completed', { outcome: 'ok' }, 'call_1'],
  ['usage.reported', scriptedUsage, 'call_1'],
  ['tool.call.started', { toolCallId: 'tide_1', name, input }, 'tide_1'],
  ['tool.call.started', { toolCallId: 'tide_2', name, input }, 'tide_2'],
  ['tool.call.delta', { toolCallId: 'tide_1', output: { progress: 'half' } }, 'tide_1'],
  ['tool.call.completed', { toolCallId: 'tide_1', outcome: 'ok', output: { tide: 'falling' } }, 'tide_1'],
  ['tool.call.failed', { toolCallId: 'tide_2', outcome: 'error', error: { message: 'no gauge' } }, 'tide_2'],
  ['artifact.created', { artifactId: 'chart', name: 'chart.png', mediaType: 'image/png', bytes: 4 }],
  ['artifact.created', { artifactId: 'page', name: 'A page', url: 'https://example.com/tide' }],
  ['raw', { name: 'something.new', payload: { a: 1 } }],
  ...say('The tide is falling.', 'message_2'),
  ['usage.reported', scriptedUsage, 'call_2'],
  ['run.completed', { stopReason: 'stop' }],
]

/** A gateway that plays what is given, and a model on it. */
export interface Stand {
  readonly gateway: ScriptedGateway
  readonly model: LanguageModelV4
}

/** Sets up a model on a gateway that plays these events, the end included. */
export function stand(told: readonly Told[] | Script, behaviour: Partial<ScriptedBehaviour> = {}): Stand {
  const script: Script = typeof told === 'function' ? told : () => told
  const gateway = scriptedGateway({ script: () => script, ...behaviour })
  return { gateway, model: createPincer({ gateway }).languageModel('main') }
}

/** Plays these events and never ends. */
export function endless(told: readonly Told[]): Script {
  return async function* (stage: Stage) {
    yield* told
    await stage.forever()
  }
}
