/** A row that holds JSON text. */
interface BodyRow {
  readonly body?: unknown
}

/** Some rows, and whether there are others behind them. */
export interface RowPage<Row> {
  readonly rows: readonly Row[]
  readonly more: boolean
}

/** Reads rows until there are `limit` of them or their bodies hold `maxCharacters` together; always at least one. */
export function readPage<Row extends BodyRow>(
  found: Iterable<Row>,
  limit: number,
  maxCharacters: number,
): RowPage<Row> {
  const rows: Row[] = []
  let characters = 0
  for (const row of found) {
    characters += typeof row.body === 'string' ? row.body.length : 0
    if (rows.length === limit || (rows.length > 0 && characters > maxCharacters)) return { rows, more: true }
    rows.push(row)
  }
  return { rows, more: false }
}
