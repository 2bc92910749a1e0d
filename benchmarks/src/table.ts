/** One line of the result. */
export interface Row {
  readonly what: string
  readonly variant: string
  readonly value: string
  /** More than the bare variant of the same run. */
  readonly added: string
  /** Time to the bare variant of the same run. */
  readonly ratio: string
}

/** Writes rows as a table of plain text. */
export function formatTable(rows: readonly Row[]): string {
  const columns = ['what', 'variant', 'value', 'added', 'ratio'] as const
  const all = [Object.fromEntries(columns.map((name) => [name, name])) as unknown as Row, ...rows]
  const widths = columns.map((name) => Math.max(...all.map((row) => row[name].length)))
  return all
    .map((row) =>
      columns
        .map((name, index) => row[name].padEnd(widths[index] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}
