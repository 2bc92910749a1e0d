import { afterAll, beforeAll, describe } from 'vitest'

import { contentChecks } from './content-checks.ts'
import { messageChecks } from './message-checks.ts'
import { outputChecks } from './output-checks.ts'
import type { ChatModelSubject } from './subject.ts'
import { toolChecks } from './tool-checks.ts'
import { unitChecks } from './unit-checks.ts'

/** The standard checks of chat models: 8 that ask nothing of the model behind it, and 28 that do. */
export function describeChatModel(name: string, open: () => Promise<ChatModelSubject>): void {
  describe(name, () => {
    let opened: ChatModelSubject | undefined
    beforeAll(async () => {
      opened = await open()
    })
    afterAll(async () => {
      await opened?.close()
    })
    const subject = (): ChatModelSubject => {
      if (opened === undefined) throw new Error('the subject did not open')
      return opened
    }
    describe('as an object', () => unitChecks(subject))
    describe('messages', () => messageChecks(subject))
    describe('tools', () => toolChecks(subject))
    describe('structured output', () => outputChecks(subject))
    describe('content', () => contentChecks(subject))
  })
}
