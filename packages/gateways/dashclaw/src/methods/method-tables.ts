import { actionMethods } from './action-methods.ts'
import { approvalMethods } from './approval-methods.ts'
import { guardMethods } from './guard-methods.ts'
import { integrityMethods } from './integrity-methods.ts'
import { messageMethods } from './message-methods.ts'
import type { Calls, MethodTable } from './method.ts'
import { pairingMethods } from './pairing-methods.ts'
import { presenceMethods } from './presence-methods.ts'

/** Every table of methods by its category. */
export const methodTables: Readonly<Record<string, MethodTable>> = {
  'Action Recording': actionMethods,
  Guard: guardMethods,
  HITL: approvalMethods,
  'Agent Presence': presenceMethods,
  'Loops & Assumptions': integrityMethods,
  'Pairing & Identity': pairingMethods,
  Messaging: messageMethods,
}

/** Every call of every table. */
export interface TableCalls
  extends
    Calls<typeof actionMethods>,
    Calls<typeof guardMethods>,
    Calls<typeof approvalMethods>,
    Calls<typeof presenceMethods>,
    Calls<typeof pairingMethods>,
    Calls<typeof messageMethods>,
    Calls<typeof integrityMethods> {}
