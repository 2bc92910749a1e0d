import { DashClaw, type DashClawOptions } from '../src/index.ts'

/** The key that no message and no error may show. */
export const key = 'oc_live_0123456789abcdef0123456789abcdef'

/** A client of a test's server that fails loudly on warnings nobody asked for. */
export function makeClaw(url: string, options: Partial<DashClawOptions> = {}): DashClaw {
  return new DashClaw({
    baseUrl: url,
    apiKey: key,
    agentId: 'test-agent',
    timeoutMs: 5000,
    onWarning: (warning) => {
      throw new Error(`a warning nobody expected: ${warning}`)
    },
    ...options,
  })
}

/** What a promise was rejected with. */
export async function rejection(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise
  } catch (error) {
    return error
  }
  throw new Error('expected a rejection')
}

/** An action as the server keeps it. */
export function actionRow(fields: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return {
    id: 7,
    action_id: 'act_1',
    agent_id: 'test-agent',
    action_type: 'deploy',
    declared_goal: 'Ship v2.0',
    status: 'running',
    risk_score: 60,
    ...fields,
  }
}

/** Waits until something holds, or fails after two seconds. */
export async function until(holds: () => boolean): Promise<void> {
  const end = performance.now() + 2000
  while (!holds()) {
    if (performance.now() > end) throw new Error('it did not come to hold within 2 s')
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}
