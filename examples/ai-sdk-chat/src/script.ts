import { createPincer } from '@pincer/ai-sdk'
import type { Claw } from '@pincer/core'
import { streamText } from 'ai'

/** Asks an agent of the gateway through the AI SDK, waits where it asks a person, and returns what it answers. */
export async function askAgent(claw: Claw, agentId: string, prompt: string): Promise<string> {
  const pincer = createPincer({ claw, approvals: 'wait' })
  const { textStream } = streamText({ model: pincer(agentId), prompt })
  let text = ''
  for await (const piece of textStream) text += piece
  return text
}
