import { isFields } from '../request/invalid-input.ts'

/** Puts the document's names beside the server's: `coverage_pct`, and `id`, `name` and `covered` of each control. */
export function convertComplianceMap(answer: unknown): unknown {
  if (!isFields(answer)) return answer
  const { summary, controls } = answer
  return {
    ...(isFields(summary) && summary['coverage_percentage'] !== undefined
      ? { coverage_pct: summary['coverage_percentage'] }
      : {}),
    ...answer,
    ...(Array.isArray(controls) ? { controls: controls.map(convertControl) } : {}),
  }
}

function convertControl(control: unknown): unknown {
  if (!isFields(control)) return control
  const { control_id: id, title: name, status } = control
  return { id, name, covered: status === 'covered', ...control }
}
