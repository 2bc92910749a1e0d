import type { LanguageModelV4StreamPart } from '@ai-sdk/provider'
import type { ClawEvent, DeltaData, MessageData } from '@pincer/protocol'

import type { JsonText } from './stream-json.ts'
import type { MetadataMaker } from './stream-metadata.ts'

type Part = LanguageModelV4StreamPart
type At = Pick<ClawEvent, 'seq' | 'ts'>

/** One message of the agent, or one stretch of its thoughts. */
interface Item {
  readonly kind: 'text' | 'reasoning'
  readonly itemId: string | undefined
  /** All of it that was shown. */
  text: string
  /** Its block that is open. */
  block: string | undefined
  readonly blocks: string[]
  isWhole: boolean
  last: At
}

/**
 * Writes what an agent says and thinks as blocks of text and reasoning, one for each message (`itemId`).
 *
 * A stream cannot take back what it has shown: where a message is replaced by what does not begin like it, its block ends and
 * another one begins with the new text. Whoever has not shown the old one yet leaves out the blocks in `replaced`.
 */
export class TextParts {
  /** Ids of the blocks whose text was taken back. */
  readonly replaced: Set<string> = new Set()
  readonly #metadata: MetadataMaker
  readonly #json: JsonText | undefined
  #items: Item[] = []
  #count = 0
  #hasText = false

  constructor(metadata: MetadataMaker, json: JsonText | undefined) {
    this.#metadata = metadata
    this.#json = json
  }

  /** True where nothing was said, whatever was thought. */
  get isSilent(): boolean {
    return !this.#hasText
  }

  say(parts: Part[], { delta, itemId, replace }: DeltaData, at: At): void {
    this.#add(parts, this.#find(itemId) ?? this.#open('text', itemId, at), delta, replace, at)
  }

  think(parts: Part[], { delta, itemId, replace }: DeltaData, at: At): void {
    const last = this.#items.at(-1)
    const isSame = last?.kind === 'reasoning' && last.itemId === itemId && !last.isWhole
    this.#add(parts, isSame ? last : this.#open('reasoning', itemId, at), delta, replace, at)
  }

  /** Takes a whole message: what was not shown of it yet is new. */
  finish(parts: Part[], { text, itemId }: MessageData, at: At): void {
    const last = this.#items.findLast(({ kind }) => kind === 'text')
    // The same message, told again under no name after something else was told.
    if (itemId === undefined && last?.isWhole === true && last.text === text) return
    this.#add(parts, this.#find(itemId) ?? this.#open('text', itemId, at), text, true, at)
    const item = this.#find(itemId)
    if (item === undefined) return
    this.#close(parts, item)
    item.isWhole = true
  }

  /** Ends every block, as something else is told; a message that goes on afterwards goes on in another block. */
  closeAll(parts: Part[]): void {
    for (const item of this.#items) {
      this.#close(parts, item)
      // What has no name ends where something else begins.
      if (item.itemId === undefined && item.text !== '') item.isWhole = true
    }
  }

  /** Ends every block at the end of the run; `whole` is the answer where the events told none. */
  end(parts: Part[], whole: string | undefined, at: At): void {
    if (this.#json === undefined) {
      if (whole !== undefined && whole !== '' && this.isSilent) this.finish(parts, { text: whole }, at)
    } else if (this.isSilent) {
      const isUntold = !this.#items.some(({ kind, text }) => kind === 'text' && text !== '')
      const found = isUntold && whole !== undefined ? this.#json.write(whole) : ''
      const text = found === '' ? this.#json.rest() : found
      if (text !== '') this.#show(parts, this.#open('text', undefined, at), text, at)
    }
    this.closeAll(parts)
  }

  #add(parts: Part[], item: Item, delta: string, replace: boolean | undefined, at: At): void {
    if (replace !== true) return this.#write(parts, item, delta, at)
    if (delta.startsWith(item.text)) return this.#write(parts, item, delta.slice(item.text.length), at)
    this.#close(parts, item)
    for (const block of item.blocks) this.replaced.add(block)
    this.#items = this.#items.filter((other) => other !== item)
    if (item.kind === 'text') {
      this.#json?.reset()
      this.#hasText = this.#items.some(({ kind, blocks }) => kind === 'text' && blocks.length > 0)
    }
    this.#write(parts, this.#open(item.kind, item.itemId, at), delta, at)
  }

  #write(parts: Part[], item: Item, text: string, at: At): void {
    item.text += text
    item.last = at
    const shown = item.kind === 'text' && this.#json !== undefined ? this.#json.write(text) : text
    if (shown !== '') this.#show(parts, item, shown, at)
  }

  #show(parts: Part[], item: Item, delta: string, at: At): void {
    const { kind } = item
    if (item.block === undefined) {
      // One kind at a time, so that the order of the blocks is that of what was said.
      for (const other of this.#items) if (other.kind !== kind) this.#close(parts, other)
      item.block = `${kind}-${++this.#count}`
      item.blocks.push(item.block)
      if (kind === 'text') this.#hasText = true
      parts.push({ type: `${kind}-start`, id: item.block, providerMetadata: this.#metadata.of(at) })
    }
    parts.push({ type: `${kind}-delta`, id: item.block, delta })
  }

  #close(parts: Part[], item: Item): void {
    if (item.block === undefined) return
    parts.push({
      type: `${item.kind}-end`,
      id: item.block,
      providerMetadata: this.#metadata.of(item.last),
    })
    item.block = undefined
  }

  #find(itemId: string | undefined): Item | undefined {
    return this.#items.findLast(
      (item) => item.kind === 'text' && item.itemId === itemId && !(itemId === undefined && item.isWhole),
    )
  }

  #open(kind: Item['kind'], itemId: string | undefined, last: At): Item {
    const item: Item = { kind, itemId, text: '', block: undefined, blocks: [], isWhole: false, last }
    this.#items.push(item)
    // Of what is over, only the last messages may be told again.
    if (this.#items.length > mostItems)
      this.#items = this.#items.filter(
        ({ block }, index, { length }) => block !== undefined || index >= length / 2,
      )
    return item
  }
}

const mostItems = 64
