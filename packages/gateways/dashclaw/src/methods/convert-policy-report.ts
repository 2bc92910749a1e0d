import { isFields } from '../request/invalid-input.ts'

/**
 * Puts the document's names beside the server's: `passed` and `total` of the report, and `policy`, `passed` and `reason` of
 * each policy.
 *
 * Both know `results`: a list to the document, a summary to the server. It becomes the list, with the summary's fields on it.
 */
export function convertPolicyReport(answer: unknown): unknown {
  if (!isFields(answer) || !isFields(answer['results'])) return answer
  const { results } = answer
  const { passed, failed, total_tests: total, success, details } = results
  const policies: readonly unknown[] = Array.isArray(details) ? details.map(convertTested) : []
  // A field named like one of a list's own would break the list.
  const summary = Object.entries({ ...results, details: policies }).filter(([name]) => !(name in policies))
  return {
    passed,
    failed,
    total,
    success,
    ...answer,
    results: Object.assign([...policies], Object.fromEntries(summary)),
  }
}

function convertTested(policy: unknown): unknown {
  if (!isFields(policy)) return policy
  const { policy_id: id, policy_name: name, tests } = policy
  const failed: unknown = Array.isArray(tests)
    ? tests.find((test: unknown) => isFields(test) && test['passed'] !== true)
    : undefined
  return {
    policy: name ?? id,
    passed: failed === undefined,
    reason: isFields(failed) ? (failed['reason'] ?? null) : null,
    ...policy,
  }
}
