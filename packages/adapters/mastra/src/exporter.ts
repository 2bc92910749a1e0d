import type {
  InitExporterOptions,
  ObservabilityBridge,
  ObservabilityExporter,
  TracingEvent,
} from '@mastra/core/observability'
import { SpanType } from '@mastra/core/observability'
import type { Claw } from '@pincer/core'

import { convertLeaf, convertPart } from './convert-part.ts'
import { checkExporterOptions, type PincerExporterOptions } from './exporter-options.ts'
import { PartRecorder } from './exporter-recorder.ts'

export type { PincerExporterOptions } from './exporter-options.ts'

/**
 * Records what Mastra's agents, workflows, models and tools do.
 *
 * Given as `bridge` too, it also lets what other adapters record inside a tool, a step or a model find its place. It needs
 * nothing of `@mastra/observability` at run time. Closing the client is left to whoever made it.
 *
 * @throws PincerError with code `invalid_option` for what is no claw, or no option
 * @example
 * const pincer = new PincerExporter(claw)
 * const configs = { default: { serviceName: 'support', exporters: [pincer], bridge: pincer } }
 * const mastra = new Mastra({ agents, observability: new Observability({ configs }) })
 */
export class PincerExporter implements ObservabilityExporter, ObservabilityBridge {
  readonly name = 'pincer'
  readonly #claw: Claw
  readonly #recorder: PartRecorder
  #leaf: string

  constructor(claw: Claw, options: PincerExporterOptions = {}) {
    checkExporterOptions(claw, options)
    this.#claw = claw
    // The same versions tell of requests by themselves, and how every run ends.
    this.#recorder = new PartRecorder(claw, options, 'MODEL_INFERENCE' in SpanType)
    this.#leaf = convertLeaf(SpanType, undefined)
  }

  /** Mastra tells its configuration. */
  init({ config }: Pick<InitExporterOptions, 'config'>): void {
    this.#safely(() => (this.#leaf = convertLeaf(SpanType, config)))
  }

  /** Mastra tells that something started, changed or ended; it is recorded at once, and waits for nothing. */
  onTracingEvent({ type, exportedSpan }: TracingEvent): void {
    // Mastra does not wait, and what is done for the record must never throw into the host.
    try {
      if (type === 'span_started') this.#recorder.start(convertPart(exportedSpan), this.#leaf)
      else if (type === 'span_ended') this.#recorder.end(convertPart(exportedSpan))
    } catch (error) {
      this.#claw.report(error, 'mastra')
    }
  }

  /** The same, for versions of Mastra that know no other way. */
  async exportTracingEvent(event: TracingEvent): Promise<void> {
    this.onTracingEvent(event)
  }

  /** Ids stay Mastra's own. */
  createSpan(): undefined {
    return undefined
  }

  /** Runs `fn` where what it starts finds its place. */
  executeInContext<Result>(spanId: string, fn: () => Promise<Result>): Promise<Result> {
    return this.executeInContextSync(spanId, fn)
  }

  /** Runs `fn` where what it starts finds its place. */
  executeInContextSync<Result>(spanId: string, fn: () => Result): Result {
    const parent = this.#safely(() => this.#recorder.contextOf(spanId))
    return parent === undefined ? fn() : parent.within(fn)
  }

  /** Delivers what was recorded so far. */
  async flush(): Promise<void> {
    await this.#claw.flush()
  }

  /** Delivers what was recorded so far; the client stays open. */
  async shutdown(): Promise<void> {
    await this.#claw.flush()
  }

  #safely<Result>(work: () => Result): Result | undefined {
    try {
      return work()
    } catch (error) {
      this.#claw.report(error, 'mastra')
      return undefined
    }
  }
}
