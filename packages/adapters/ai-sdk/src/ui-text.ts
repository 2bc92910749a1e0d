import type { DeltaData, MessageData } from '@pincer/protocol'

import type { ClawUIChunk, UIStepWriter } from './ui-step-writer.ts'

interface Block {
  /** Unique in the message. */
  readonly id: string
  readonly kind: 'text' | 'reasoning'
  readonly itemId: string | undefined
  /** Number of its step. */
  readonly step: number
  text: string
  /** True where nothing can be added to its item any more. */
  isWhole: boolean
}

/** Writes what an agent says and thinks as text and reasoning blocks, at most one of them open. */
export class UIText {
  readonly #writer: UIStepWriter
  readonly #blocks: Block[] = []
  readonly #ids = new Set<string>()
  #open: Block | undefined

  constructor(writer: UIStepWriter) {
    this.#writer = writer
  }

  /** Takes a piece of what is said or thought. */
  delta(kind: Block['kind'], { delta, itemId, replace = false }: DeltaData): void {
    if (replace) this.#show(kind, itemId, delta)
    else this.#add(kind, itemId, delta)
  }

  /** Takes a whole message: what was not shown of it yet is added, what was shown otherwise is replaced. */
  message({ text, itemId }: MessageData): void {
    const last = this.#blocks.findLast(({ kind }) => kind === 'text')
    // Its pieces were named and the whole is not, or the other way round.
    const isKnown =
      last !== undefined &&
      (last.itemId === undefined) !== (itemId === undefined) &&
      this.#textOf('text', last.itemId) === text
    if (!isKnown || this.#blocksOf('text', itemId).length > 0) this.#show('text', itemId, text)
    this.close()
    for (const block of this.#blocksOf('text', itemId)) block.isWhole = itemId === undefined
  }

  /** Ends the block that is open. */
  close(): void {
    if (this.#open === undefined) return
    const { kind, id } = this.#open
    this.#writer.write({ type: `${kind}-end`, id })
    this.#open = undefined
  }

  /** Ends what has no name with its step. */
  endStep(): void {
    this.close()
    for (const block of this.#blocks) if (block.itemId === undefined) block.isWhole = true
  }

  /** Goes on in another answer: what was open there was closed there. */
  continueEarlier(): void {
    this.#open = undefined
  }

  #blocksOf(kind: Block['kind'], itemId: string | undefined): Block[] {
    // Thoughts without a name are one as long as nothing comes between them.
    if (kind === 'reasoning' && itemId === undefined)
      return this.#open?.kind === kind && this.#open.itemId === undefined ? [this.#open] : []
    return this.#blocks.filter((block) => block.kind === kind && block.itemId === itemId && !block.isWhole)
  }

  #textOf(kind: Block['kind'], itemId: string | undefined): string {
    return this.#blocks
      .filter((block) => block.kind === kind && block.itemId === itemId)
      .map(({ text }) => text)
      .join('')
  }

  #show(kind: Block['kind'], itemId: string | undefined, whole: string): void {
    const blocks = this.#blocksOf(kind, itemId)
    const shown = blocks.map(({ text }) => text).join('')
    if (whole.startsWith(shown)) this.#add(kind, itemId, whole.slice(shown.length))
    else if (blocks.every(({ step }) => step === this.#writer.number)) this.#replace(blocks, whole)
    else {
      // What an earlier step showed cannot be taken back: the message is shown again.
      for (const block of blocks) this.#forget(block)
      this.#add(kind, itemId, whole)
    }
  }

  #add(kind: Block['kind'], itemId: string | undefined, text: string): void {
    if (text === '') return
    const open = this.#open
    const isSame =
      open?.kind === kind && open.itemId === itemId && !open.isWhole && open.step === this.#writer.number
    const block = isSame ? open : this.#begin(kind, itemId)
    block.text += text
    this.#writer.write({ type: `${kind}-delta`, id: block.id, delta: text })
  }

  #begin(kind: Block['kind'], itemId: string | undefined): Block {
    this.close()
    this.#writer.leaveEarlierStep()
    const name = itemId ?? kind
    let id = name
    for (let count = 2; this.#ids.has(id); count++) id = `${name}.${count}`
    this.#ids.add(id)
    const block: Block = { id, kind, itemId, step: this.#writer.number, text: '', isWhole: false }
    this.#blocks.push(block)
    this.#open = block
    this.#writer.write({ type: `${kind}-start`, id })
    return block
  }

  #replace(blocks: readonly Block[], whole: string): void {
    const [first, ...rest] = blocks
    if (first === undefined) return
    const gone = new Set((whole === '' ? blocks : rest).map(({ id }) => id))
    let isWritten = false
    this.#writer.rewrite((chunk) => {
      const id = idOf(chunk)
      if (id === undefined) return chunk
      if (gone.has(id)) return undefined
      if (id !== first.id || !('delta' in chunk)) return chunk
      if (isWritten) return undefined
      isWritten = true
      return { ...chunk, delta: whole }
    })
    first.text = whole
    for (const block of blocks) {
      if (!gone.has(block.id)) continue
      if (this.#open === block) this.#open = undefined
      this.#forget(block)
    }
  }

  #forget(block: Block): void {
    const index = this.#blocks.indexOf(block)
    if (index >= 0) this.#blocks.splice(index, 1)
    // Its id stays taken, so that no two blocks of a message share one.
    if (this.#open === block) this.close()
  }
}

function idOf(chunk: ClawUIChunk): string | undefined {
  return /^(?:text|reasoning)-/.test(chunk.type) && 'id' in chunk ? chunk.id : undefined
}
