/** Names of tools as a model may hear them, and back: providers take letters, digits, dash and underscore, at most 64. */
export interface ToolNames {
  toModel(name: string): string
  fromModel(modelName: string): string
}

const longest = 64

/** Makes the names for one run; two tools never share one. */
export function createToolNames(names: readonly string[]): ToolNames {
  const modelNames = new Map<string, string>()
  const ownNames = new Map<string, string>()
  for (const name of names) {
    const base = sanitize(name)
    let modelName = base
    for (let count = 2; ownNames.has(modelName); count++) {
      const suffix = `_${count}`
      modelName = base.slice(0, longest - suffix.length) + suffix
    }
    modelNames.set(name, modelName)
    ownNames.set(modelName, name)
  }
  return {
    // The history may name tools that are gone since.
    toModel: (name) => modelNames.get(name) ?? sanitize(name),
    fromModel: (modelName) => ownNames.get(modelName) ?? modelName,
  }
}

function sanitize(name: string): string {
  return name.replace(/[^A-Za-z0-9_-]/g, '_').slice(0, longest) || '_'
}
