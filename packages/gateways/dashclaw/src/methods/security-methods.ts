import { convertScan } from './convert-scan.ts'
import type { Method } from './method.ts'
import type { ContentScan, InjectionScan } from './security-results.ts'

/** Security: secrets in texts, and attempts to take an agent over. */
export const securityMethods = {
  /** Looks for secrets and personal data in a text; nothing is kept. */
  scanContent: {
    verb: 'POST',
    path: '/api/security/scan',
    params: ['text', 'destination?'],
    own: { agent_id: 'agentId' },
    fixed: { store: false },
    convertAnswer: convertScan,
    isRepeatable: true,
    servers: 'both',
  } as Method<
    (
      text: string,
      /** Where the text is to go, such as `slack`. */
      destination?: string,
    ) => Promise<ContentScan>
  >,
  /** The same as `scanContent()`; what was found is kept, without the text. */
  reportSecurityFinding: {
    verb: 'POST',
    path: '/api/security/scan',
    params: ['text', 'destination?'],
    own: { agent_id: 'agentId' },
    fixed: { store: true },
    convertAnswer: convertScan,
    servers: 'both',
  } as Method<(text: string, destination?: string) => Promise<ContentScan>>,
  /** Looks for attempts in a text to take the agent over. */
  scanPromptInjection: {
    verb: 'POST',
    path: '/api/security/prompt-injection',
    params: ['text', '...details?'],
    own: { agent_id: 'agentId' },
    isRepeatable: true,
    servers: 'both',
  } as Method<
    (
      text: string,
      /** `source`: where the text came from, such as `user_input`. */
      details?: { readonly source?: string },
    ) => Promise<InjectionScan>
  >,
}
