/** Takes what a stream says, piece by piece. */
export interface PieceTaker {
  text(piece: string): void
  thinking(piece: string): void
  /** Something came that is not text. */
  touch(): void
  /** What a chunk says of usage, which is added up, or a running total of it, which is not. */
  usage(part: unknown, isTotal: boolean): void
}

/** Reads one token; of several answers only the first is read. */
export function readToken(token: any, indices: any, fields: any, taker: PieceTaker): void {
  const message = fields?.chunk?.message
  const usage = message?.usage_metadata
  if (usage !== undefined) taker.usage(usage, false)
  const content = message?.content
  if (indices?.completion > 0) taker.touch()
  else if (Array.isArray(content) && content.length > 0) for (const block of content) readBlock(block, taker)
  else if (isText(token)) taker.text(token)
  else readThinking(message?.additional_kwargs, taker)
}

/** Reads one event of a model that streams blocks. */
export function readBlockEvent(event: any, taker: PieceTaker): void {
  const usage = event?.usage
  if (usage !== undefined) taker.usage(usage, true)
  const delta = event?.delta
  if (delta?.type === 'text-delta') giveText(delta.text, taker)
  else if (delta?.type === 'reasoning-delta') giveThinking(delta.reasoning, taker)
  else taker.touch()
}

function readBlock(block: any, taker: PieceTaker): void {
  if (block?.type === 'text') giveText(block.text, taker)
  else if (block?.type === 'reasoning' || block?.type === 'thinking') readReasoning(block, taker)
  else taker.touch()
}

function readThinking(fields: any, taker: PieceTaker): void {
  if (fields?.reasoning === undefined) giveThinking(fields?.reasoning_content, taker)
  else readReasoning(fields.reasoning, taker)
}

// Anthropic, LangChain's own blocks, and the summaries of OpenAI's responses.
function readReasoning(block: any, taker: PieceTaker): void {
  const summary = Array.isArray(block?.summary) && block.summary.map((part: any) => part?.text ?? '').join('')
  giveThinking(block?.thinking ?? block?.reasoning ?? summary, taker)
}

function giveText(piece: unknown, taker: PieceTaker): void {
  if (isText(piece)) taker.text(piece)
  else taker.touch()
}

function giveThinking(piece: unknown, taker: PieceTaker): void {
  if (isText(piece)) taker.thinking(piece)
  else taker.touch()
}

function isText(piece: unknown): piece is string {
  return typeof piece === 'string' && piece !== ''
}
