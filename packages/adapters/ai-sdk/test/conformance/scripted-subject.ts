import { createPincer } from '../../src/index.ts'
import { ownTool, scriptedAgent, scriptedPrompts } from './scripted-agent.ts'
import { scriptedGateway } from './scripted-gateway.ts'
import type { ProviderSubject } from './subject.ts'

/** The scripted agent as a subject: it can do everything, at once. */
export async function openScriptedSubject(): Promise<ProviderSubject> {
  const gateway = scriptedGateway({
    script: (request) =>
      request.agentId === 'main' ? scriptedAgent(request) : new Error(`there is no agent ${request.agentId}`),
  })
  let sessions = 0
  return {
    provider: (settings) => createPincer({ gateway, ...settings }),
    started: gateway.started,
    gateway,
    agent: 'main',
    prompts: scriptedPrompts,
    ownTool,
    askedTool: ownTool,
    cannot: [],
    blockedModel: 'forbidden',
    embeddingModel: 'tides-1',
    newSessionKey: () => `session_${++sessions}`,
    close: () => gateway.close(),
  }
}
