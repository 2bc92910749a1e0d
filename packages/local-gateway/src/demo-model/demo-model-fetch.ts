import type { DemoModel } from './demo-model.ts'

let shared: Promise<DemoModel> | undefined

/**
 * Answers an OpenAI API request by the scripted demo model, in this process and without a port.
 *
 * @example
 * const openai = new OpenAI({ apiKey: 'none', fetch: (url, init) => demoModelFetch(new Request(url, init)) })
 */
export async function demoModelFetch(request: Request): Promise<Response> {
  // Loaded at the first call, so that importing the package stays light; one for all, so that responses find the one before.
  shared ??= import('./demo-model.ts').then((module) => module.createDemoModel())
  return (await shared).fetch(request)
}
