import { randomUUID } from 'node:crypto'
import { OpenClaw, openclaw, type OpenClawGateway } from '@pincer/openclaw'
import type { GatewayRun } from '@pincer/protocol'
import { afterAll } from 'vitest'

import { createPincer } from '../src/index.ts'
import { describeProvider } from '../test/conformance/describe-provider.ts'
import { demoPrompts } from '../test/conformance/local-subject.ts'
import type { ProviderSubject } from '../test/conformance/subject.ts'
import { watchRuns } from '../test/conformance/watch-runs.ts'
import { readGatewayPlace } from './gateway-place.ts'

globalThis.AI_SDK_LOG_WARNINGS = false
const { url, token } = readGatewayPlace()
const agent = 'main'

// Questions are asked only where somebody could see them.
const person = new OpenClaw({ url, token, reviewer: true, displayName: 'ai-sdk-reviewer' })
afterAll(() => person.close())

async function open(): Promise<ProviderSubject> {
  await person.connect()
  const opened: OpenClawGateway[] = []
  const started: GatewayRun[] = []
  const connect = (): OpenClawGateway => {
    const gateway = openclaw({ url, token })
    opened.push(gateway)
    return gateway
  }
  return {
    provider: (settings) => createPincer({ gateway: watchRuns(connect(), started), ...settings }),
    started,
    gateway: connect(),
    agent,
    prompts: {
      ...demoPrompts,
      own: '[[tool:read {"path":"notes.txt"}]]',
      // What it prints is not what the question shows.
      ask: '[[tool:exec {"command":"printf %s-%s two crabs"}]]',
      fail: '[[error:401]]',
    },
    needs: {
      reason: { model: 'scripted/thinker', thinking: 'low' },
      // Its provider is put aside after a refusal, which fails the next runs as well.
      fail: { model: 'refusing-provider/plain' },
    },
    ownTool: { name: 'read', answers: 'Two crabs share one shell' },
    askedTool: { name: 'exec', answers: 'two-crabs' },
    // A filtered answer fails the run there; how long texts were that became vectors is not told.
    cannot: ['content filter', 'embedding usage'],
    embeddingModel: 'openai-compatible/scripted-vectors',
    secret: token,
    newSessionKey: () => `agent:${agent}:ai-sdk-${randomUUID()}`,
    close: async () => {
      for (const gateway of opened) await gateway.close()
    },
  }
}

describeProvider('the provider on the real Gateway', open)
