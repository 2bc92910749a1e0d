import type { OpenClaw, OpenClawOptions } from '../../src/index.ts'

/** A Gateway that a story may end and start again. */
export interface GatewayProcess {
  /** Sends a signal and resolves once the process has ended. */
  kill(signal: 'SIGKILL' | 'SIGTERM'): Promise<void>
  /** Starts it again on the same home and port. */
  launch(): void
  /** Resolves once it takes work. */
  ready(): Promise<void>
}

/** What a story needs beside its first client. */
export interface StoryTools {
  /** Opens one more client of the same Gateway; it is closed when the story ends. */
  readonly open: (options?: Partial<OpenClawOptions>) => Promise<OpenClaw>
  /** The Gateway's process; in a replay nothing happens here, and what came of it is in the recording. */
  readonly gateway: GatewayProcess
  /** For what goes over HTTP; a whole answer comes at once where it is recorded or replayed. */
  readonly fetch: typeof fetch
  /** Address of the Gateway's WebSocket. */
  readonly url: string
  readonly token: string
}

/** One story about the public client, told on a real Gateway and on a recording of it. */
export interface Story {
  /** In kebab-case; the recording is called the same. */
  readonly name: string
  /** Options of the first client. */
  readonly options?: Partial<OpenClawOptions>
  /** True where a provider is retried for more than a minute: such stories begin first. */
  readonly slow?: boolean
  /** True where it needs a Gateway that no other story uses; such stories are told one after the other. */
  readonly own?: boolean
  /** True where the clock plays a part: the recording is told at its own pace. */
  readonly paced?: boolean
  run(oc: OpenClaw, tools: StoryTools): Promise<void>
}

/** Makes the words of a story plain to the type checker. */
export function story(name: string, run: Story['run'], more: Omit<Story, 'name' | 'run'> = {}): Story {
  return { name, run, ...more }
}
