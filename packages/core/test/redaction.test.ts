import { describe, expect, test } from 'vitest'
import type { ClientOptions } from '../src/index.ts'
import { recorded } from './recorded.ts'

const mark = '[redacted]'

/** What is recorded of a value, as an input. */
async function shown(input: unknown, options: Partial<ClientOptions> = {}): Promise<unknown> {
  const { claw, deliver } = recorded(options)
  claw.startRun({ input })
  return (await deliver()).one('run.started').data.input
}

const letters = (length: number): string =>
  'aB3xK9mQ7zR2wE5tY8'.repeat(Math.ceil(length / 18)).slice(0, length)
const jwt = `eyJ${letters(30)}.eyJ${letters(60)}.${letters(43)}`
const pem = (kind: string, body: string): string =>
  `-----BEGIN ${kind}PRIVATE KEY-----\n${body}\n-----END ${kind}PRIVATE KEY-----`

describe('fields with names of secrets', () => {
  test.each([
    'authorization',
    'Authorization',
    'Proxy-Authorization',
    'apiKey',
    'api_key',
    'API-KEY',
    'x-api-key',
    'X-Goog-Api-Key',
    'OPENAI_API_KEY',
    'accessToken',
    'refresh_token',
    'idToken',
    'x-auth-token',
    'token',
    'secret',
    'client_secret',
    'AWS_SECRET_ACCESS_KEY',
    'awsAccessKeyId',
    'password',
    'DB_PASSWORD',
    'passwd',
    'passphrase',
    'private_key',
    'cookie',
    'Set-Cookie',
    'credentials',
    'connectionString',
    'x-amz-security-token',
  ])('%s', async (name) => {
    await expect(shown({ deep: [{ [name]: 'short', other: 'kept' }] })).resolves.toEqual({
      deep: [{ [name]: mark, other: 'kept' }],
    })
  })

  test('lose whatever they hold, but not nothing', async () => {
    await expect(
      shown({ password: { nested: ['x'] }, token: 12_345, secret: true, cookie: null, apiKey: undefined }),
    ).resolves.toEqual({ password: mark, token: mark, secret: mark, cookie: null })
  })

  test.each([
    'max_tokens',
    'totalTokens',
    'tokenizer',
    'author',
    'keyboard',
    'monkey',
    'tokens',
    'cookies_enabled',
  ])('are not %s', async (name) => {
    await expect(shown({ [name]: 5 })).resolves.toEqual({ [name]: 5 })
  })

  test('may be added, in any spelling', async () => {
    const redact = { keys: ['Patient-Name'] }
    await expect(
      shown({ patient_name: 'Ann', PATIENTNAME: 'Bo', patient: 'kept' }, { redact }),
    ).resolves.toEqual({
      patient_name: mark,
      PATIENTNAME: mark,
      patient: 'kept',
    })
  })
})

describe('secrets within texts', () => {
  test.each([
    ['OpenAI', `sk-${letters(48)}`],
    ['OpenAI project', `sk-proj-${letters(20)}_${letters(20)}-${letters(30)}`],
    ['OpenAI service account', `sk-svcacct-${letters(40)}`],
    ['Anthropic', `sk-ant-api03-${letters(80)}`],
    ['OpenRouter', `sk-or-v1-${letters(64)}`],
    ['DeepSeek', `sk-${letters(32)}`],
    ['Google', `AIza${letters(35)}`],
    ['Google OAuth', `ya29.${letters(60)}`],
    ['Groq', `gsk_${letters(52)}`],
    ['Cerebras', `csk-${letters(48)}`],
    ['xAI', `xai-${letters(80)}`],
    ['Perplexity', `pplx-${letters(48)}`],
    ['Fireworks', `fw_${letters(24)}`],
    ['NVIDIA', `nvapi-${letters(64)}`],
    ['Tavily', `tvly-${letters(32)}`],
    ['LangSmith', `lsv2_pt_${letters(32)}_${letters(10)}`],
    ['Hugging Face', `hf_${letters(34)}`],
    ['Replicate', `r8_${letters(37)}`],
    ['AWS', `AKIA${'A1B2C3D4E5F6G7H8'}`],
    ['AWS session', `ASIA${'A1B2C3D4E5F6G7H8'}`],
    ['GitHub', `ghp_${letters(36)}`],
    ['GitHub app', `ghs_${letters(36)}`],
    ['GitHub fine-grained', `github_pat_${letters(22)}_${letters(59)}`],
    ['GitLab', `glpat-${letters(20)}`],
    ['npm', `npm_${letters(36)}`],
    ['Docker', `dckr_pat_${letters(27)}`],
    ['Slack', `xoxb-${'1'.repeat(12)}-${letters(24)}`],
    ['Stripe', `sk_live_${letters(24)}`],
    ['SendGrid', `SG.${letters(22)}.${letters(43)}`],
    ['JSON Web Token', jwt],
    ['RSA private key', pem('RSA ', letters(1_600))],
    ['private key', pem('', letters(3_000))],
    [
      'encrypted private key',
      pem('EC ', `Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\n${letters(800)}`),
    ],
    ['large private key', pem('', letters(12_500))],
    ['PGP', `-----BEGIN PGP PRIVATE KEY BLOCK-----\n\n${letters(900)}\n-----END PGP PRIVATE KEY BLOCK-----`],
  ])('%s', async (_, secret) => {
    for (const text of [
      secret,
      `use ${secret} now`,
      `{"k":"${secret}"}`,
      `key=${secret}&x=1`,
      `a, ${secret}\nb`,
    ]) {
      const copy = String(await shown(text))
      expect(copy).toContain(mark)
      for (let at = 0; at + 12 <= secret.length; at += 4)
        expect(copy).not.toContain(secret.slice(at, at + 12))
      expect(copy).toBe(text.replace(secret, mark))
    }
  })

  test.each([
    ['Authorization: Bearer abcdefgh12345678', `Authorization: Bearer ${mark}`],
    ['authorization: bearer abcdefgh/1234+5678==', `authorization: bearer ${mark}`],
    ['BEARER abcdefgh.1234~5678', `BEARER ${mark}`],
    ['postgres://app:hunter2@db.example:5432/x', `postgres://app:${mark}@db.example:5432/x`],
    ['redis://:hunter2@cache', `redis://:${mark}@cache`],
    [`half: -----BEGIN OPENSSH PRIVATE KEY-----\n${letters(500)}`, `half: ${mark}`],
  ])('%s', async (text, expected) => {
    await expect(shown(text)).resolves.toBe(expected)
  })

  test.each([
    'the task-list of disk-0 and risk_1',
    'bearer of bad news',
    'sk-1 is not long enough',
    'eyJpZCI6MTIzLCJuZXh0Ijo0NTZ9 is a cursor',
    'https://example.com:8080/path@2x.png',
    'mail ann@example.com or call 4111 1111 1111 1111',
    '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----',
  ])('are not in: %s', async (text) => {
    await expect(shown(text)).resolves.toBe(text)
  })

  test('are found in names of fields too', async () => {
    await expect(shown({ [`sk-${letters(40)}`]: 1 })).resolves.toEqual({ [mark]: 1 })
  })

  test('may be described by patterns of one own', async () => {
    const redact = { patterns: [/ticket-\d+/, /CASE-\d+/gi] }
    await expect(shown('ticket-1 and ticket-22, case-3', { redact })).resolves.toBe(
      `${mark} and ${mark}, ${mark}`,
    )
    await expect(shown('ticket-1 and ticket-22, case-3', { redact })).resolves.toBe(
      `${mark} and ${mark}, ${mark}`,
    )
  })
})

describe('by option', () => {
  test.each([
    ['write to ann.lee+x@mail.example.co.uk.', `write to ${mark}.`],
    ['<ann@example.com>,bo@example.org', `<${mark}>,${mark}`],
    ['a @ b, @handle, x@y', 'a @ b, @handle, x@y'],
  ])('e-mail addresses go: %s', async (text, expected) => {
    await expect(shown(text, { redact: { emails: true } })).resolves.toBe(expected)
  })

  test.each([
    ['4111111111111111', mark],
    ['pay 4111 1111 1111 1111 now', `pay ${mark} now`],
    ['5500-0000-0000-0004', mark],
    ['amex 3782 822463 10005', `amex ${mark}`],
    ['item 2 4111 1111 1111 1111 x', `item 2 ${mark} x`],
    ['12 4111111111111111 7', `12 ${mark} 7`],
    ['card-4111111111111111', `card-${mark}`],
    ['4111111111111112', '4111111111111112'],
    ['41111111111111111111111111', '41111111111111111111111111'],
    ['+1 212 555 0100', '+1 212 555 0100'],
    ['550e8400-e29b-41d4-a716-446655440000', '550e8400-e29b-41d4-a716-446655440000'],
  ])('card numbers go: %s', async (text, expected) => {
    await expect(shown(text, { redact: { cards: true } })).resolves.toBe(expected)
  })

  test('card numbers that are numbers go too', async () => {
    await expect(
      shown(
        { card: 4111111111111111, at: 4111111111111112, count: 12, big: 4111111111111111n },
        { redact: { cards: true } },
      ),
    ).resolves.toEqual({ card: mark, at: 4111111111111112, count: 12, big: mark })
  })

  test('everything stays', async () => {
    const input = { password: 'hunter2', text: `sk-${letters(40)}` }
    await expect(shown(input, { redact: false })).resolves.toEqual(input)
  })
})

describe('a redactor of the host', () => {
  test('sees each value last, and what it returns is checked again', async () => {
    const seen: unknown[] = []
    const redact = {
      custom: (value: unknown) => {
        seen.push(value)
        return { replaced: true, password: 'x', text: `sk-${letters(40)}` }
      },
    }
    await expect(shown({ token: 'abc', n: 1 }, { redact })).resolves.toEqual({
      replaced: true,
      password: mark,
      text: mark,
    })
    expect(seen).toEqual([{ token: mark, n: 1 }])
  })

  test('may take a value away, or answer something that is no JSON', async () => {
    await expect(shown('x', { redact: { custom: () => undefined } })).resolves.toBeUndefined()
    await expect(shown('x', { redact: { custom: () => Promise.resolve(1) } })).resolves.toBe('[promise]')
    const { claw, deliver } = recorded({ redact: { custom: () => undefined } })
    claw.startRun({ name: 'secret name' }).fail(new Error('secret message'))
    const gateway = await deliver()
    expect(gateway.one('run.started').data.name).toBe(mark)
    expect(gateway.one('run.failed').data.error.message).toBe(mark)
  })

  test('that throws has everything redacted, is told to onError, and every event is still one', async () => {
    const { claw, clock, errors, deliver } = recorded({
      redact: {
        custom: () => {
          throw new Error('redactor')
        },
      },
    })
    const run = claw.startRun({ name: 'secret', input: 'secret', metadata: { user: 'secret' } })
    const call = run.startModelCall({
      provider: 'p',
      model: 'm',
      input: 'secret',
      parameters: { seed: 'secret' },
    })
    call.delta('secret '.repeat(1_000))
    call.thinking('secret')
    call.end({ output: 'secret' })
    const tool = run.startToolCall({ toolCallId: 'c', name: 'tool', input: ['secret'], risk: 'high' })
    tool.delta('secret')
    tool.fail(new Error('secret'))
    run.startRetrieval({ name: 'i', query: 'secret' }).end({ documents: ['secret'] })
    run.message('secret')
    run.record('question.requested', { questionId: 'q', text: 'secret', options: ['secret'] })
    run.record('tool.call.failed', { toolCallId: 'c', outcome: 'error', error: { message: 'secret' } })
    run.record('raw', { name: 'x', payload: { text: 'secret' } })
    run.pause({
      approvalId: 'a',
      name: 'tool',
      input: 'secret',
      reason: 'secret',
      risk: 'low',
      expiresAt: clock.now(),
    })
    run.resume({ approvalId: 'a', status: 'approved', reason: 'secret', input: ['secret'] })
    run.cancel('secret', { output: 'secret' })
    const gateway = await deliver()
    expect(JSON.stringify(gateway.kept)).not.toContain('secret')
    expect(gateway.one('run.started').data.input).toBe('[redacted: the redactor failed]')
    expect(gateway.one('approval.resolved').data).toMatchObject({ approvalId: 'a', status: 'approved' })
    expect(errors.length).toBeGreaterThan(10)
    expect(errors[0]).toEqual([new Error('redactor'), 'redact'])
    expect(claw.stats()).toMatchObject({ queued: 0, rejected: 0 })
  })
})

describe('what is not to be recorded', () => {
  const { claw, gateway, clock } = recorded(
    { recordInputs: false, recordOutputs: false, guard: { mode: 'enforce' } },
    {
      decide: () => Promise.resolve({ decision: 'require_approval', approvalId: 'a' }),
      wait: (approvalId) =>
        Promise.resolve({ approvalId, name: 't', status: 'approved', requestedAt: 1, editedInput: 'INPUT' }),
    },
  )

  test('appears nowhere: not at the guard, in approvals, errors or pieces', async () => {
    const run = claw.startRun({ name: 'n', input: 'INPUT' })
    const call = run.startModelCall({ provider: 'p', model: 'm', input: 'INPUT' })
    call.delta('OUTPUT '.repeat(1_000))
    call.thinking('OUTPUT')
    call.fail(new Error('broken'), { output: 'OUTPUT' })
    const tool = run.startToolCall({ toolCallId: 'c', name: 't', input: 'INPUT' })
    await expect(tool.authorize()).resolves.toMatchObject({ input: 'INPUT', edited: true })
    tool.delta('OUTPUT')
    tool.end({ output: 'OUTPUT' })
    run.startRetrieval({ name: 'i', query: 'INPUT' }).end({ documents: 'OUTPUT' })
    run.message('OUTPUT')
    run.record('tool.call.delta', { toolCallId: 'c', output: 'OUTPUT' })
    run.record('retrieval.started', { name: 'i', query: 'INPUT' })
    run.record('assistant.delta', { delta: 'OUTPUT' })
    run.pause({ approvalId: 'b', name: 't', input: 'INPUT' })
    run.resume({ approvalId: 'b', status: 'approved', input: 'INPUT' })
    run.fail(new Error('broken'), { output: 'OUTPUT' })
    await clock.advance(1_000)
    expect(gateway.refused).toEqual([])
    expect(gateway.types).toContain('approval.resolved')
    expect(JSON.stringify([gateway.kept, gateway.questions])).not.toMatch(/INPUT|OUTPUT/)
    expect(gateway.questions[0]).toMatchObject({
      name: 't',
      inputHash: expect.stringMatching(/^[0-9a-f]{64}$/),
    })
  })
})
