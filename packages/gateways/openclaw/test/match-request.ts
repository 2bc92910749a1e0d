const uuid: RegExp = /[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}/g

/** Recorded ids and the ids that stand for them today. */
export type IdMap = Map<string, string>

/**
 * Tells whether today's parameters are the recorded ones, and which ids of today stand for recorded ones.
 *
 * Ids that a client makes are UUIDs, anywhere in a string. Deadlines are not compared: they count down.
 */
export function matchRequest(recorded: unknown, actual: unknown, known: IdMap): IdMap | undefined {
  const found: IdMap = new Map()
  return match(recorded, actual, known, found) ? found : undefined
}

/** The recorded text with the ids of today. */
export function translateIds(text: string, known: IdMap): string {
  return known.size === 0 ? text : text.replaceAll(uuid, (id) => known.get(id) ?? id)
}

function match(recorded: unknown, actual: unknown, known: IdMap, found: IdMap): boolean {
  if (typeof recorded === 'string')
    return typeof actual === 'string' && matchText(recorded, actual, known, found)
  if (Array.isArray(recorded))
    return (
      Array.isArray(actual) &&
      actual.length === recorded.length &&
      recorded.every((item, index) => match(item, actual[index], known, found))
    )
  if (typeof recorded !== 'object' || recorded === null) return Object.is(recorded, actual)
  if (typeof actual !== 'object' || actual === null) return false
  const right = new Map(Object.entries(actual).filter(([, value]) => value !== undefined))
  const left = Object.entries(recorded)
  return (
    left.length === right.size &&
    left.every(([name, value]) =>
      right.has(name) ? isDeadline(name) || match(value, right.get(name), known, found) : false,
    )
  )
}

function matchText(recorded: string, actual: string, known: IdMap, found: IdMap): boolean {
  if (recorded === actual) return true
  const left = recorded.match(uuid) ?? []
  const right = actual.match(uuid) ?? []
  if (left.length !== right.length || recorded.replaceAll(uuid, '') !== actual.replaceAll(uuid, ''))
    return false
  return left.every((id, index) => {
    const today = right[index] ?? ''
    const before = known.get(id) ?? found.get(id)
    found.set(id, today)
    return before === undefined || before === today
  })
}

function isDeadline(name: string): boolean {
  return name === 'timeoutMs'
}
