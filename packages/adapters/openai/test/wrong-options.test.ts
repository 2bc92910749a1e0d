import { createClient } from '@pincer/core'
import { createFakeGateway } from '@pincer/testing'
import { OpenAI } from 'openai'
import { describe, expect, it } from 'vitest'

import { toGatewayOpenAI, wrapOpenAI } from '../src/index.ts'

const openai = new OpenAI({ apiKey: 'none' })
const claw = createClient({ gateway: createFakeGateway() })

// As a caller without types would get it wrong.
const wrap = wrapOpenAI as (...given: readonly unknown[]) => unknown

describe('wrapOpenAI refuses', () => {
  it.each([
    ['no client', [undefined, claw], 'expected an OpenAI client'],
    ['a resource of a client', [openai.chat, claw], 'expected an OpenAI client'],
    ['no claw', [openai], 'expected a claw of createClient'],
    ['options in place of a claw', [openai, { gateway: claw.gateway }], 'expected a claw of createClient'],
    ['an unknown choice', [openai, claw, { streamUsage: 'of' }], 'expected streamUsage inject or off'],
  ])('%s', (_, given, message) => {
    expect(() => wrap(...given)).toThrow(expect.objectContaining({ code: 'invalid_option' }))
    expect(() => wrap(...given)).toThrow(message)
  })
})

describe('toGatewayOpenAI refuses', () => {
  it('a client in place of its class', () => {
    const make = toGatewayOpenAI as (...given: readonly unknown[]) => unknown
    expect(() => make(openai, { url: 'http://127.0.0.1:1/v1' })).toThrow('expected the class OpenAI')
  })
})
