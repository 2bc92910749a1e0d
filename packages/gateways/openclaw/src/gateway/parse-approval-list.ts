import { parseApprovalSnapshot, parsePendingApproval, type WireApproval } from './parse-approval.ts'

/** Reads the Gateway's three lists of approvals as one, newest first. */
export function parseApprovalList(answers: { plugin: any; exec: any; history: any }): WireApproval[] {
  const { plugin, exec, history } = answers
  const found = [
    ...rowsOf(plugin).map((row) => parsePendingApproval(row, 'plugin')),
    ...rowsOf(exec).map((row) => parsePendingApproval(row, 'exec')),
    ...rowsOf(history?.items).map(parseApprovalSnapshot),
  ].filter((approval) => approval !== undefined)
  return found.toSorted((left, right) => right.approval.requestedAt - left.approval.requestedAt)
}

function rowsOf(rows: any): readonly any[] {
  return Array.isArray(rows) ? rows : []
}
