import type { CallingPlan, CallingReport } from './calling-plan.ts'
import { startChild } from './child.ts'

/** A calling process, seen from the story. */
export interface Caller {
  /** Waits until it tells that it is there. */
  reach(at: CallingReport['at']): Promise<CallingReport>
  /** Lets it go on after `held`. */
  go(): void
  /** Waits for its end; names what is wrong with it, or `undefined`. */
  fault(): Promise<string | undefined>
}

/** Starts a calling process. */
export function startCaller(plan: CallingPlan): Caller {
  const child = startChild(new URL('./calling-process.ts', import.meta.url), JSON.stringify(plan))
  return {
    async reach(at) {
      for (;;) {
        // The script writes nothing but reports.
        const report = (await child.next()) as CallingReport
        if (report.at === at) return report
      }
    },
    go: () => child.write('go'),
    async fault() {
      const { code, signal, stderr } = await child.ended()
      if (stderr !== '') return `stderr: ${stderr.slice(0, 500)}`
      if (plan.end === 'kill')
        return signal === 'SIGKILL' ? undefined : `ended by ${signal ?? code}, not by SIGKILL`
      return code === 0 ? undefined : `ended with ${signal ?? code}`
    },
  }
}
