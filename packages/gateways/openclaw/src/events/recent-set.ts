/** A set that forgets the oldest of its members once it has too many. */
export interface RecentSet {
  has(member: string): boolean
  add(member: string): void
  delete(member: string): void
}

/** Makes a set of at most `limit` members. */
export function createRecentSet(limit: number): RecentSet {
  const members = new Set<string>()
  return {
    has: (member) => members.has(member),
    add(member) {
      members.delete(member)
      members.add(member)
      if (members.size <= limit) return
      for (const oldest of members) {
        members.delete(oldest)
        return
      }
    },
    delete(member) {
      members.delete(member)
    },
  }
}
