import type { DeltaData, MessageData } from '@pincer/protocol'

/** A piece of an answer, as it is shown. */
export interface Piece {
  readonly kind: 'text' | 'reasoning'
  readonly text: string
  /** The part of the answer it belongs to, from 0. */
  readonly index: number
}

/** One message of the agent, or one stretch of its thoughts. */
export interface Part {
  readonly kind: Piece['kind']
  readonly index: number
  readonly itemId: string | undefined
  text: string
  isWhole: boolean
}

/** Gathers what an agent says and thinks during a run, and tells what of it is new to whoever reads along. */
export class ChatText {
  #parts: Part[] = []
  #count = 0
  #hasText = false

  /** What was said, in order, without what was taken back. */
  get parts(): readonly Part[] {
    return this.#parts.filter((part) => part.text !== '')
  }

  /** True where nothing was said, whatever was thought. */
  get isSilent(): boolean {
    return !this.#hasText
  }

  /** The number that the next part will have. */
  get nextIndex(): number {
    return this.#count
  }

  think({ delta, itemId, replace }: DeltaData): Piece | undefined {
    const last = this.#parts.at(-1)
    const part = last?.kind === 'reasoning' && last.itemId === itemId ? last : this.#open('reasoning', itemId)
    return this.#add(part, delta, replace)
  }

  say({ delta, itemId, replace }: DeltaData): Piece | undefined {
    return this.#add(this.#find(itemId) ?? this.#open('text', itemId), delta, replace)
  }

  /** Takes a whole message: what was not shown of it yet is new. */
  finish({ text, itemId }: MessageData): Piece | undefined {
    const part = this.#find(itemId) ?? this.#open('text', itemId)
    const piece = this.#add(part, text, true)
    const latest = this.#find(itemId)
    if (latest !== undefined) latest.isWhole = true
    return piece
  }

  #add(part: Part, text: string, replace = false): Piece | undefined {
    if (!replace) return this.#show(part, text)
    if (text.startsWith(part.text)) return this.#show(part, text.slice(part.text.length))
    // What was shown cannot be taken back from a stream, only from the whole answer.
    this.#parts = this.#parts.filter((other) => other !== part)
    return this.#show(this.#open(part.kind, part.itemId), text)
  }

  #show(part: Part, text: string): Piece | undefined {
    if (text === '') return undefined
    const { kind, index } = part
    part.text += text
    const isContinued = part.text.length > text.length || kind !== 'text' || !this.#hasText
    if (kind === 'text') this.#hasText = true
    return { kind, index, text: isContinued ? text : `${messageBreak}${text}` }
  }

  #find(itemId: string | undefined): Part | undefined {
    return this.#parts.findLast(
      (part) => part.kind === 'text' && part.itemId === itemId && !(itemId === undefined && part.isWhole),
    )
  }

  #open(kind: Part['kind'], itemId: string | undefined): Part {
    const part: Part = { kind, index: this.#count++, itemId, text: '', isWhole: false }
    this.#parts.push(part)
    return part
  }
}

/** Stands between two messages of one answer. */
export const messageBreak = '\n\n'
