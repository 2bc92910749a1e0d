import type { AnswerReader, Collector, TextTaker } from '@pincer/core/wrapping'

/** Reads legacy completions, whose choices are texts, as the chat completions that they nearly are. */
export function createCompletionReader(chatReader: AnswerReader<TextTaker>): AnswerReader<TextTaker> {
  return {
    read(value: any) {
      const answer = chatReader.read(value)
      const texts = (value.choices ?? [])
        .filter(Boolean)
        .map((choice: any) => choice.text ?? choice.message?.content)
      return { ...answer, output: texts.length > 1 ? texts : texts[0] }
    },
    collect(taker) {
      const chat = chatReader.collect(taker)
      return {
        value: chat.value,
        add(chunk: any) {
          const choices = chunk.choices?.map((part: any) => ({ ...part, delta: { content: part.text } }))
          chat.add({ ...chunk, choices })
        },
      }
    },
  }
}

/** Reads chat completions with sound, or with the function calls of before there were tool calls. */
export function createRareChatReader(chatReader: AnswerReader<TextTaker>): AnswerReader<TextTaker> {
  return {
    read: (value: any) => chatReader.read({ ...value, choices: value.choices?.map(withoutAudio) }),
    collect: (taker) => new RareChatCollector(chatReader.collect(taker), taker),
  }
}

class RareChatCollector implements Collector {
  readonly #chat: Collector
  readonly #taker: TextTaker

  constructor(chat: Collector, taker: TextTaker) {
    this.#chat = chat
    this.#taker = taker
  }

  get value(): unknown {
    return this.#chat.value
  }

  add(chunk: any): void {
    this.#chat.add(chunk)
    for (const { index = 0, delta } of chunk.choices ?? []) {
      const message = (this.#chat.value as any).choices[index]?.message
      const { audio, function_call: called } = delta ?? {}
      if (!message || (!audio && !called)) continue
      this.#taker.touch()
      if (audio) {
        message.audio ??= { id: audio.id, transcript: '' }
        message.audio.transcript += audio.transcript ?? ''
      }
      if (called) {
        message.function_call ??= { name: '', arguments: '' }
        message.function_call.name ||= called.name
        message.function_call.arguments += called.arguments ?? ''
      }
    }
  }
}

// The sound itself stays out of the record.
function withoutAudio(choice: any): unknown {
  const audio = choice?.message?.audio
  if (!audio) return choice
  return { ...choice, message: { ...choice.message, audio: { id: audio.id, transcript: audio.transcript } } }
}
