import { parseArgs } from 'node:util'

import { measureAiSdk } from './ai-sdk/telemetry-cost.ts'
import { measureAnthropic } from './anthropic/messages-cost.ts'
import { measureSize } from './bundle-size.ts'
import { measureHeap } from './heap.ts'
import { measureImport } from './import-time.ts'
import { measureLangChain } from './langchain/agent-cost.ts'
import { measureMastra } from './mastra/exporter-cost.ts'
import { measureNormalizing } from './openclaw/normalizing-cost.ts'
import { measureRunHeap } from './openclaw/run-heap.ts'
import { measureOpenClaw } from './openclaw/wire-cost.ts'
import { formatTable, type Row } from './table.ts'
import { measureTime } from './time-cost.ts'

const { values } = parseArgs({
  options: { json: { type: 'boolean', default: false }, only: { type: 'string' } },
})
const parts: Record<string, () => Row[] | Promise<Row[]>> = {
  time: measureTime,
  heap: measureHeap,
  import: measureImport,
  size: measureSize,
  langchain: measureLangChain,
  'ai-sdk': measureAiSdk,
  anthropic: measureAnthropic,
  mastra: measureMastra,
  openclaw: async () => [
    ...(await measureOpenClaw()),
    ...(await measureNormalizing()),
    ...(await measureRunHeap()),
  ],
}
const rows: Row[] = []
for (const [name, measure] of Object.entries(parts)) {
  if (values.only === undefined || values.only === name) rows.push(...(await measure()))
}
console.log(values.json ? JSON.stringify(rows, undefined, 2) : formatTable(rows))
