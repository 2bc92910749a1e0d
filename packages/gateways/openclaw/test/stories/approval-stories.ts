import { expect } from 'vitest'
import type { OpenClaw } from '../../src/index.ts'
import { type Story, story } from './story.ts'
import { onlyOne, readWholeRun } from './whole-run.ts'

const reviewer = { reviewer: true } as const

/** Questions to people: approvals of both kinds, and questions that are not about permission. */
export const approvalStories: readonly Story[] = [
  story('exec-allowed', async (oc, { open }) => {
    const person = await open(reviewer)
    const answered = answerNext(person, 'agent:main:exec-allowed', 'approve')
    const run = await startExec(oc, 'exec-allowed')
    const events = await readWholeRun(run)
    const approvalId = await answered
    expect(onlyOne(events, 'approval.requested').approvalId).toBe(approvalId)
    expect(onlyOne(events, 'approval.resolved')).toMatchObject({ approvalId, status: 'approved' })
    const { toolCallId } = onlyOne(events, 'tool.call.started')
    const completed = onlyOne(events, 'tool.call.completed')
    expect(completed).toMatchObject({ toolCallId, name: 'exec', outcome: 'ok' })
    expect(JSON.stringify(completed.output)).toContain('crabs may run')
    expect(events.at(-1)?.type).toBe('run.completed')
  }),

  story('exec-denied', async (oc, { open }) => {
    const person = await open(reviewer)
    const answered = answerNext(person, 'agent:main:exec-denied', 'deny')
    const run = await startExec(oc, 'exec-denied')
    const events = await readWholeRun(run)
    const approvalId = await answered
    expect(onlyOne(events, 'approval.resolved')).toMatchObject({ approvalId, status: 'denied' })
    expect(onlyOne(events, 'tool.call.failed').error.message).toContain('denied')
    // The agent was told, and went on.
    expect(events.at(-1)?.type).toBe('run.completed')
  }),

  story('approval-asked', async (oc, { open }) => {
    const person = await open(reviewer)
    const approval = await oc.approvals.request({
      kind: 'plugin',
      title: 'Send the newsletter',
      description: '1,204 people will get it',
      severity: 'warning',
      timeoutMs: 30_000,
    })
    const waiting = approval.wait()
    const asked = await person.approvals.list()
    expect(asked.map((row) => row.id)).toContain(approval.id)
    // The words of the document.
    await person.approvals.respond(approval.id, { decision: 'approve' })
    expect(await waiting).toMatchObject({ status: 'allowed', allowed: true, decision: 'allow-once' })
    expect((await person.approvals.list()).map((row) => row.id)).not.toContain(approval.id)
    await expect(person.approvals.respond(approval.id, { decision: 'deny' })).rejects.toMatchObject({
      status: 409,
      gatewayCode: 'already_decided',
    })

    const denied = await oc.approvals.request({
      kind: 'plugin',
      title: 'Again',
      description: 'the same people',
    })
    await person.approvals.respond(denied.id, { decision: 'deny' })
    expect(await denied.wait()).toMatchObject({ status: 'denied', allowed: false, reason: 'user' })
  }),

  story(
    'approval-nobody',
    async (oc) => {
      const approval = await oc.approvals.request({ title: 'Anybody there', description: 'no' })
      const outcome = await approval.wait()
      expect(outcome).toMatchObject({ allowed: false, decision: null, reason: 'no-route' })
      expect(outcome.message).toContain('reviewer')
    },
    // Whoever shows approvals to people could be asked.
    { own: true },
  ),

  story('question-answered', async (oc, { open }) => {
    const person = await open()
    const heard = (async () => {
      for await (const event of person.events()) if (event.type === 'question.requested') return event.data
      throw new Error('no question was heard')
    })()
    const question = await oc.questions.request({
      questions: [
        {
          questionId: 'where',
          header: 'Where',
          question: 'Which environment?',
          options: [{ label: 'staging' }, { label: 'production' }],
        },
      ],
      sessionKey: 'agent:main:question-answered',
      timeoutMs: 30_000,
    })
    expect(await heard).toMatchObject({ questionId: question.id })
    expect((await person.questions.list()).questions.map((found) => found.id)).toContain(question.id)
    const waiting = question.wait()
    await person.questions.answer(question.id, { where: ['staging'] })
    expect(await waiting).toMatchObject({ status: 'answered', answers: { where: ['staging'] } })
  }),
]

function startExec(oc: OpenClaw, name: string): ReturnType<OpenClaw['runs']['create']> {
  return oc.runs.create({
    input: '[[tool:exec {"command":"echo crabs may run"}]]',
    agentId: 'main',
    sessionKey: `agent:main:${name}`,
  })
}

/** Answers the first approval of a session, and tells which it was. */
async function answerNext(
  person: OpenClaw,
  sessionKey: string,
  decision: 'approve' | 'deny',
): Promise<string> {
  for await (const event of person.events()) {
    if (event.type !== 'approval.requested' || event.sessionKey !== sessionKey) continue
    await person.approvals.respond(event.data.approvalId, { decision })
    return event.data.approvalId
  }
  throw new Error('no approval was heard')
}
