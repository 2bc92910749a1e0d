import { jsonAnswer, useScriptedServer } from '@pincer/testing'
import { PincerError } from '@pincer/protocol'
import { OpenAI } from 'openai'
import { OpenAI as OpenAI6 } from 'openai-6'
import { OpenAI as OpenAILowest } from 'openai-lowest'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import { toGatewayOpenAI } from '../src/index.ts'
import { completion } from './wire.ts'

const fixture = useScriptedServer('x-request-id')
const hello = { model: 'openclaw/main', messages: [{ role: 'user' as const, content: 'Hello' }] }
const names = ['OPENAI_API_KEY', 'OPENAI_ORG_ID', 'OPENAI_PROJECT_ID'] as const

describe.each([
  ['7.55', OpenAI],
  ['6.49', OpenAI6 as unknown as typeof OpenAI],
  ['6.0', OpenAILowest as unknown as typeof OpenAI],
])('a client of openai %s on a gateway', (_version, Client) => {
  const before = names.map((name) => process.env[name])
  beforeEach(() => {
    for (const name of names) process.env[name] = `${name} of somebody else`
  })
  afterEach(() => {
    names.forEach((name, index) => {
      const value = before[index]
      if (value === undefined) delete process.env[name]
      else process.env[name] = value
    })
  })

  test('sends token, session and agent', async () => {
    fixture.server.answer(jsonAnswer(completion('Hi')))
    const client = toGatewayOpenAI(Client, {
      url: `${fixture.server.url}/v1`,
      token: 'gateway-token',
      sessionKey: 'agent:main:web',
      agentId: 'main',
      headers: { 'x-more': 'yes' },
    })
    expect(client).toBeInstanceOf(Client)
    await client.chat.completions.create(hello)
    expect(fixture.server.requests[0]).toMatchObject({
      path: '/v1/chat/completions',
      headers: {
        authorization: 'Bearer gateway-token',
        'x-openclaw-session-key': 'agent:main:web',
        'x-openclaw-agent-id': 'main',
        'x-more': 'yes',
      },
    })
  })

  test('sends nothing of the environment, and repeats nothing', async () => {
    fixture.server.answer(jsonAnswer({ error: { message: 'busy' } }, 500))
    const client = toGatewayOpenAI(Client, { url: `${fixture.server.url}/v1` })
    await expect(client.chat.completions.create(hello)).rejects.toThrow('busy')
    expect(fixture.server.requests).toHaveLength(1)
    expect(JSON.stringify(fixture.server.requests[0]?.headers)).not.toContain('somebody else')
  })

  test('says what is wrong with an address', () => {
    const make = (): unknown => toGatewayOpenAI(Client, { url: 'localhost:7462' })
    expect(make).toThrow(PincerError)
    expect(make).toThrow('url: expected the address of an OpenAI-compatible endpoint')
  })
})
