import { describe, expect, test } from 'vitest'
import { normalizeAll, readFrames } from './events-frames.ts'
import { describeEvent } from './events-listing.ts'

describe('what is told beside runs', () => {
  test('text put into a session is a message of no run, told once', () => {
    const messages = normalizeAll(readFrames('external-activity.jsonl')).filter(
      (event) => event.type === 'assistant.message' && event.runId === undefined,
    )
    expect(messages.map(({ data, sessionKey }) => ({ data, sessionKey }))).toEqual([
      {
        data: {
          text: '[LangChain]\n\nassistant text produced by an external LangChain run',
          itemId: '9fd0b2cd-fd73-48bb-9cca-54816fed3cca',
        },
        sessionKey: 'agent:main:langchain-a12d84',
      },
    ])
  })

  test('questions are told once, with their options and answers', () => {
    const events = normalizeAll(readFrames('events-questions.jsonl'))
    expect(events.map(({ id, type, data }) => [id.slice(8), type, data])).toEqual([
      [
        '-7695-4206-afe5-1f5a6056bae4.asked',
        'question.requested',
        { questionId: '780eacaf-7695-4206-afe5-1f5a6056bae4', text: 'Which?', options: ['prod', 'dev'] },
      ],
      [
        '-7695-4206-afe5-1f5a6056bae4.answered',
        'question.answered',
        { questionId: '780eacaf-7695-4206-afe5-1f5a6056bae4', answer: { q1: ['dev'] } },
      ],
      [
        '-c20d-4a3c-98d9-8022e68f0f95.asked',
        'question.requested',
        { questionId: '2fc1702b-c20d-4a3c-98d9-8022e68f0f95', text: 'Which?', options: ['prod', 'dev'] },
      ],
      [
        '-c20d-4a3c-98d9-8022e68f0f95.answered',
        'question.answered',
        { questionId: '2fc1702b-c20d-4a3c-98d9-8022e68f0f95' },
      ],
    ])
  })

  test('approvals that nobody answers are expired, and those of time are not those of people', () => {
    const events = normalizeAll(readFrames('approvals-exec.jsonl', 56))
    expect(events.filter((event) => event.type.startsWith('approval')).map(describeEvent)).toEqual([
      'approval.requested exec {"command":"rm -rf build","cwd":"/srv/app"}',
      'approval.resolved approved gateway-client',
      'approval.requested exec {"command":"deploy prod"}',
      'approval.resolved denied gateway-client',
      'approval.requested exec {"command":"ls"}',
      'approval.resolved expired nobody decided in time',
    ])
  })

  test('sessions that are made, changed and deleted', () => {
    const events = normalizeAll(readFrames('sessions.jsonl'))
    const sessions = events.filter((event) => event.type.startsWith('session.'))
    expect(new Set(sessions.map((event) => event.type))).toEqual(
      new Set(['session.created', 'session.updated']),
    )
    expect(sessions.find((event) => event.type === 'session.created')).toMatchObject({
      sessionKey: 'agent:main:kit-321e67',
      data: { reason: 'create', label: 'kit 321e67' },
    })
    expect(sessions.some(({ data }) => 'reason' in data && data.reason === 'delete')).toBe(true)
    expect(sessions.every((event) => event.seq === undefined)).toBe(true)
  })
})
