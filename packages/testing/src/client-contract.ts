import { describe } from 'vitest'

import { describeAnswers } from './client-contract/answers.ts'
import { describeEnds } from './client-contract/ends.ts'
import { describeRecord } from './client-contract/record.ts'
import type { ClientSubject } from './client-contract/subject.ts'
import { useScriptedServer } from './use-scripted-server.ts'

/**
 * Runs the story that every wrapper of an official client passes: what the caller sees stays what it was, and every
 * call is reported once, with the end it had.
 *
 * @example
 * describeClient('openai 7', { make: (url) => new OpenAI({ baseURL: url }), wrap: wrapOpenAI, ... })
 */
export function describeClient<Client extends object>(name: string, subject: ClientSubject<Client>): void {
  describe(`client contract: ${name}`, () => {
    const place = useScriptedServer(subject.requestIdHeader)
    describeAnswers(subject, place)
    describeEnds(subject, place)
    describeRecord(subject, place)
  })
}
