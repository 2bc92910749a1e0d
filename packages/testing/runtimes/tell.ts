// Tells the story in Node, Bun or Deno, and reports to the server what came of it.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { StoryResult } from './story-server.ts'
import { tellStory } from './story.ts'

const { versions, env } = process
const url = env['STORY_URL'] ?? ''
const runtime = versions['deno'] ?? versions['bun'] ?? versions.node
const folder = mkdtempSync(join(tmpdir(), 'pincer-story-'))
const durable = await import('@pincer/core/durable').catch(() => undefined)
const checks = await tellStory({
  url,
  findsParents: true,
  ...(durable && { openStore: () => durable.sqliteOutbox({ path: join(folder, 'outbox.sqlite') }) }),
})
rmSync(folder, { recursive: true })
const result: StoryResult = { runtime, checks }
await fetch(`${url}/result`, { method: 'POST', body: JSON.stringify(result) })
