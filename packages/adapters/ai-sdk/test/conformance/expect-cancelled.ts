import { eventually } from '@pincer/testing'
import { expect } from 'vitest'

import { answerMs } from './call.ts'
import type { ProviderSubject } from './subject.ts'

const recordMs = 10_000

/** Waits until a run is cancelled on its gateway, as somebody else sees it where the gateway has kept anything of it. */
export async function expectCancelled(
  { gateway, started }: ProviderSubject,
  runId: string | undefined,
): Promise<void> {
  const known = started.find((run) => run.runId === runId)
  const sessionKey = known?.sessionKey
  // What was stopped before it began may be in no record, or in it a moment later.
  const seen = await eventually(
    () => gateway.agents?.get(runId ?? '', sessionKey === undefined ? {} : { sessionKey }),
    recordMs,
  ).catch(() => known)
  expect((await seen?.wait({ timeoutMs: answerMs }))?.status).toBe('cancelled')
}
