/** What a demo model id is for. */
export type DemoModelKind = 'chat' | 'embedding' | 'image' | 'speech' | 'transcription' | 'moderation'

/** One id that the demo model answers to. */
export interface DemoModelEntry {
  readonly id: string
  readonly kind: DemoModelKind
}

/** Every id the demo model lists; all of them say in their name that they are no real model. */
export const demoModels: readonly DemoModelEntry[] = [
  { id: 'pincer-demo', kind: 'chat' },
  { id: 'pincer-demo-reasoning', kind: 'chat' },
  { id: 'pincer-demo-embedding', kind: 'embedding' },
  { id: 'pincer-demo-image', kind: 'image' },
  { id: 'pincer-demo-speech', kind: 'speech' },
  { id: 'pincer-demo-transcription', kind: 'transcription' },
  { id: 'pincer-demo-moderation', kind: 'moderation' },
]

/**
 * Names the demo model that answers for a requested one.
 *
 * Any other name is answered too, by the demo model of that kind under its own name, so that a program written for
 * a real provider runs unchanged and still sees who answered.
 */
export function demoModelFor(requested: string | undefined, kind: DemoModelKind): string {
  const named = demoModels.find((entry) => entry.kind === kind && entry.id === requested)
  if (named !== undefined) return named.id
  return kind === 'chat' ? 'pincer-demo' : `pincer-demo-${kind}`
}

/** The model object of the OpenAI API for one entry. */
export function describeDemoModel(entry: DemoModelEntry): Record<string, unknown> {
  return { id: entry.id, object: 'model', created: 1_760_000_000, owned_by: 'pincer-demo' }
}
