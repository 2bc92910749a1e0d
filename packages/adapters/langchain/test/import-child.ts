import { registerHooks } from 'node:module'

// Started by callback-import.test.ts: imports the entry and prints every module that was loaded for it.
const loaded: string[] = []
registerHooks({
  load(url, context, next) {
    loaded.push(url)
    return next(url, context)
  },
})
await import('../src/index.ts')
console.log(JSON.stringify(loaded))
