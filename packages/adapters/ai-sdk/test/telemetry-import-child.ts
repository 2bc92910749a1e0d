import { registerHooks } from 'node:module'

// Started by telemetry-import.test.ts: imports telemetry and prints every module that was loaded for it.
const loaded: string[] = []
registerHooks({
  load(url, context, next) {
    loaded.push(url)
    return next(url, context)
  },
})
await import('../src/telemetry.ts')
console.log(JSON.stringify(loaded))
