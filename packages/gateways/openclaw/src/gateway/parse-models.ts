/** Reads the answer of `models.list`; ids are `provider/model`, as runs take them. */
export function parseModels(payload: any): { id: string; provider?: string }[] {
  const rows: readonly any[] = Array.isArray(payload?.models) ? payload.models : []
  return rows.flatMap((row) => {
    if (typeof row?.id !== 'string' || row.id === '') return []
    if (typeof row.provider !== 'string') return [{ id: row.id }]
    const id = row.id.startsWith(`${row.provider}/`) ? row.id : `${row.provider}/${row.id}`
    return [{ id, provider: row.provider }]
  })
}
