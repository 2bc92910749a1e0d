/** Names of the document that the client does not have yet; take out what you add. */
export const missingMethods: readonly string[] = [
]
