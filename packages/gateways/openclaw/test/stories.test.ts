import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { OpenClaw } from '../src/index.ts'
import { replayFetch } from './replay-fetch.ts'
import { Replay } from './replay.ts'
import { stories } from './stories/stories.ts'
import type { StoryTools } from './stories/story.ts'

const folder = join(import.meta.dirname, 'recordings')

describe.concurrent('the stories on recordings of a real Gateway', () => {
  for (const story of stories)
    it(story.name, async () => {
      const replay = await Replay.read(join(folder, `${story.name}.jsonl`), story.paced)
      const clients: OpenClaw[] = []
      const open = async (): Promise<OpenClaw> => {
        const oc = new OpenClaw({ transport: replay.open() })
        clients.push(oc)
        await oc.connect()
        return oc
      }
      const tools: StoryTools = {
        open,
        gateway: { kill: () => Promise.resolve(), launch: () => undefined, ready: () => Promise.resolve() },
        fetch: replayFetch(replay),
        url: 'ws://127.0.0.1:1',
        token: 'none',
      }
      const told = open().then((oc) => story.run(oc, tools))
      try {
        await Promise.race([told, replay.failed])
      } finally {
        await Promise.all(clients.map((client) => client.close()))
        replay.end()
      }
    })
})

describe('the recordings', () => {
  it('are one for each story', async () => {
    const found = await readdir(folder)
    expect(found.sort()).toEqual(stories.map((story) => `${story.name}.jsonl`).sort())
  })

  it.each(stories)('$name tells nothing of a machine, and no token', async ({ name }) => {
    const text = await readFile(join(folder, `${name}.jsonl`), 'utf8')
    expect(text.match(/(?<![\w<.:-])\/(?:home|root|tmp|Users|work|var|private|opt|mnt)\/[^\s"]*/g)).toBeNull()
    const addresses = text.match(/\b\d{1,3}(?:\.\d{1,3}){3}\b/g) ?? []
    expect(addresses.filter((address) => address !== '127.0.0.1')).toEqual([])
    expect(text.match(/"(?:\w*[tT]oken|password|apiKey|secret)":"(?!<)[^"]*"/g)).toBeNull()
    expect(text.match(/"host(?:name)?":"(?!<|gateway")[^"]*"/g)).toBeNull()
    expect(text.match(/\b(?:sk-|Bearer )[\w-]{8,}/g)).toBeNull()
  })
})
