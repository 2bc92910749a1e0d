import type { Claw } from '@pincer/core'

/** What the contract asks an adapter to let happen: one call of a model through the framework. */
export interface AdapterStory {
  /** How the call ends; `cancelled` is an abort by the caller while the model still answers. */
  readonly outcome: 'ok' | 'error' | 'cancelled'
  /** What the user says; it must reach the recorded input. */
  readonly input: string
}

/** An adapter, set up with its real framework and a model that is fake. */
export interface AdapterSubject {
  /**
   * Plays a story through the framework with the adapter's hooks wired to `claw`.
   *
   * Resolves with what the framework gave its caller: the text, or the error it threw (also for `cancelled`, where it throws).
   */
  run(claw: Claw, story: AdapterStory): Promise<{ readonly text?: string; readonly thrown?: unknown }>
}
