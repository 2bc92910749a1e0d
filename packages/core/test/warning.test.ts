import { describe, expect, test } from 'vitest'
import { type Ended, startProgram } from './child.ts'

const warnings = ({ stderr }: Ended): string[] =>
  [...stderr.matchAll(/PincerWarning: (.*)/g)].map(([, text = '']) => text)

describe('a host that listens to nothing', () => {
  test.each(['exit', 'close'])('is warned of failed delivery and of losses, once each: %s', async (end) => {
    const ended = await startProgram('deaf', { FAILS: 'down', END: end }).ended
    expect(ended.code).toBe(0)
    expect(warnings(ended)).toEqual([
      'events are not delivered: no answer from http://me:[redacted]@127.0.0.1:9/; give createClient onError to hear of every fault',
      '2 events were lost; give createClient onDrop to hear of every loss',
    ])
    expect(ended.stderr).not.toContain('hunter2secret')
    expect(JSON.parse(ended.stdout)).toEqual({ queued: 0, dropped: 2, rejected: 0 })
  })

  test('is warned of events that the gateway refused', async () => {
    const ended = await startProgram('deaf', { FAILS: 'refused' }).ended
    expect(warnings(ended)).toEqual(['2 events were lost; give createClient onDrop to hear of every loss'])
    expect(JSON.parse(ended.stdout)).toEqual({ queued: 0, dropped: 0, rejected: 2 })
  })

  test('loses its events at once to a closed gateway, and ends at once', async () => {
    const ended = await startProgram('deaf', { FAILS: 'closed' }).ended
    expect(warnings(ended)).toHaveLength(2)
    expect(JSON.parse(ended.stdout)).toEqual({ queued: 0, dropped: 2, rejected: 0 })
  })

  test('hears nothing where all is well', async () => {
    expect(await startProgram('deaf').ended).toMatchObject({ code: 0, stderr: '' })
  })
})

test('a host that listens is warned of nothing', async () => {
  expect(await startProgram('deaf', { FAILS: 'down', LISTENS: '1' }).ended).toMatchObject({
    code: 0,
    stderr: '',
  })
})
