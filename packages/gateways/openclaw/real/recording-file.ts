import { mkdir, rename, writeFile } from 'node:fs/promises'
import { homedir, hostname, networkInterfaces, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { RecordedLine } from '../test/recording.ts'
import type { GatewayPlace } from './shared-gateway.ts'

const recordingsFolder: string = join(import.meta.dirname, '../test/recordings')

/** Collects the lines of one story and writes them, without anything that tells of this machine. */
export class RecordingFile {
  readonly #path: string
  readonly #scrub: (text: string) => string
  readonly #lines: string[] = []
  readonly #startedAt: number = performance.now()

  constructor(name: string, gateway: GatewayPlace) {
    this.#path = join(recordingsFolder, `${name}.jsonl`)
    this.#scrub = scrubber(gateway)
  }

  readonly add = (line: RecordedLine): void => {
    // Written down at once: what is told later may be changed by whoever got it.
    const t = Math.round(performance.now() - this.#startedAt)
    this.#lines.push(JSON.stringify({ t, ...line }, shorten))
  }

  /** Writes the file beside its place and moves it there, so that a broken run leaves the one before. */
  async save(): Promise<void> {
    await mkdir(dirname(this.#path), { recursive: true })
    await writeFile(`${this.#path}.new`, `${this.#scrub(this.#lines.join('\n'))}\n`)
    await rename(`${this.#path}.new`, this.#path)
  }
}

// Sixteen kilobytes about every tool that there is, in the answer to every run.
function shorten(name: string, value: unknown): unknown {
  return name === 'systemPromptReport' ? undefined : value
}

function scrubber(gateway: GatewayPlace): (text: string) => string {
  const root = join(import.meta.dirname, '../../../..')
  const addresses = Object.values(networkInterfaces())
    .flatMap((found) => found ?? [])
    .filter((address) => !address.internal)
  const words: [string, string][] = [
    [gateway.home, '<home>'],
    [root, '<root>'],
    [homedir(), '<home>'],
    [tmpdir(), '<tmp>'],
    [`"${hostname()}"`, '"<host>"'],
    ...addresses.map(({ address }): [string, string] => [address, '<ip>']),
  ]
  return (text) =>
    words
      .reduce((left, [word, stands]) => left.replaceAll(word, stands), text)
      .replaceAll(/"(deviceToken|token)":"[^"]+"/g, '"$1":"<token>"')
}
