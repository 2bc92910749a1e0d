import { afterAll, beforeAll, describe } from 'vitest'

import { abortChecks } from './abort-checks.ts'
import { approvalChecks } from './approval-checks.ts'
import { clientToolChecks } from './client-tool-checks.ts'
import { embeddingChecks } from './embedding-checks.ts'
import { finishChecks } from './finish-checks.ts'
import { frameworkChecks } from './framework-checks.ts'
import { generateChecks } from './generate-checks.ts'
import { optionChecks } from './option-checks.ts'
import { promptChecks } from './prompt-checks.ts'
import { streamChecks } from './stream-checks.ts'
import type { ProviderSubject } from './subject.ts'
import { usageChecks } from './usage-checks.ts'
import { warningChecks } from './warning-checks.ts'

/**
 * The checks that every provider of the AI SDK passes, whatever gateway it stands on.
 *
 * What a gateway cannot do is checked too: it has to be refused, or warned about, in plain words.
 */
export function describeProvider(name: string, open: () => Promise<ProviderSubject>): void {
  describe(name, () => {
    let opened: ProviderSubject | undefined
    beforeAll(async () => {
      opened = await open()
    })
    afterAll(async () => {
      await opened?.close()
    })
    const subject = (): ProviderSubject => {
      if (opened === undefined) throw new Error('the subject did not open')
      return opened
    }
    describe('streams', () => streamChecks(subject))
    describe('answers as a whole', () => generateChecks(subject))
    describe('ends', () => finishChecks(subject))
    describe('usage', () => usageChecks(subject))
    describe('warnings', () => warningChecks(subject))
    describe('a prompt', () => promptChecks(subject))
    describe('options', () => optionChecks(subject))
    describe('abort', () => abortChecks(subject))
    describe('tools of the caller', () => clientToolChecks(subject))
    describe('approvals', () => approvalChecks(subject))
    describe('the functions of the AI SDK', () => frameworkChecks(subject))
    describe('embeddings and other models', () => embeddingChecks(subject))
  })
}
