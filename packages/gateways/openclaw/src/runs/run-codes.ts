/** Code of a run that a restart of the Gateway ended without an outcome. */
export const runLostCode = 'run_lost'
/** Code of a run that the Gateway does not know. */
export const runUnknownCode = 'run_unknown'
