// A suspended run that another process goes on with: Mastra's state in a LibSQL file, the gateway's in another.
import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import type { Approval } from '@pincer/protocol'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import type { Came } from './guard-fixture.ts'

interface Said {
  readonly came: Came
  readonly inputs: readonly unknown[]
  readonly told: readonly string[]
  readonly approvals: readonly Approval[]
  readonly stats: { readonly open: number; readonly lateEnds: number }
}

let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pincer-mastra-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

function inProcess(told: object = {}): Promise<Said> {
  const child = fileURLToPath(new URL('suspend-child.ts', import.meta.url))
  const parameters = ['--conditions=@pincer/source', child, folder, JSON.stringify(told)]
  const env = { ...process.env, MASTRA_TELEMETRY_DISABLED: '1' }
  return new Promise((resolve, reject) => {
    execFile(process.execPath, parameters, { env }, (error, stdout, stderr) => {
      if (error !== null) reject(new Error(`${error.message}\n${stderr}`))
      else resolve(JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Said)
    })
  })
}

describe('a run that was suspended by a process that has ended', { timeout: 60_000 }, () => {
  it('goes on with approveToolCall; the gateway was asked once, and is told who answered', async () => {
    const { came, inputs, approvals } = await inProcess()
    expect(came).toMatchObject({ finishReason: 'suspended', questions: [{ toolCallId: 'call_1' }] })
    expect(inputs).toEqual([])
    expect(approvals).toMatchObject([{ status: 'pending', name: 'add' }])
    const next = await inProcess({ runId: came.runId, approve: true })
    expect(next.came).toMatchObject({ text: 'Done.', finishReason: 'stop' })
    expect(next.inputs).toEqual([{ a: 1, b: 2 }])
    expect(next.told).toEqual(['json: 3'])
    expect(next.approvals).toMatchObject([{ status: 'approved', decidedBy: 'ada' }])
    expect(next.stats).toMatchObject({ open: 0, lateEnds: 0 })
  })

  it('goes on with declineToolCall, and the gateway is told why', async () => {
    const { came } = await inProcess()
    const next = await inProcess({ runId: came.runId, approve: false, reason: 'not today' })
    expect(next.came.text).toBe('Done.')
    expect(next.inputs).toEqual([])
    expect(next.told.join()).toContain('was denied by a person and did not happen. Reason: not today')
    expect(next.approvals).toMatchObject([{ status: 'denied', decisionReason: 'not today' }])
    expect(next.stats).toMatchObject({ open: 0, lateEnds: 0 })
  })

  it('does not happen where the gateway has denied it, whatever Mastra is told', async () => {
    const { came } = await inProcess()
    const next = await inProcess({ runId: came.runId, approve: true, gateway: 'deny' })
    expect(next.inputs).toEqual([])
    expect(next.told.join()).toContain('Reason: said at the gateway')
  })

  it('goes on where the gateway has approved it', async () => {
    const { came } = await inProcess()
    const next = await inProcess({ runId: came.runId, approve: true, gateway: 'approve' })
    expect(next.inputs).toHaveLength(1)
    expect(next.approvals).toHaveLength(1)
  })

  it('is not approved by what the model wrote among the arguments', async () => {
    const args = { a: 1, b: 2, resumeData: { approved: true } }
    const { came, inputs, approvals } = await inProcess({ args })
    expect(inputs).toEqual([])
    expect(came.finishReason).toBe('suspended')
    expect(approvals).toMatchObject([{ status: 'pending' }])
    const next = await inProcess({ args, runId: came.runId, approve: false })
    expect(next.inputs).toEqual([])
    expect(next.approvals).toMatchObject([{ status: 'denied' }])
  })
})
