import type { Rule } from '#features/rules/common/rule.ts'
import { AppError } from '#platform/common/errors.ts'

/** Which of some customers a rule holds for now, for many rules at once. */
export type MembersAmong = (
  named: readonly { key: string; rule: Rule }[],
  customerIds: readonly number[],
) => Promise<Map<string, number[]>>

export type FoundMembers = {
  members: Map<string, number[]>
  /** Rules that cannot be answered, each with why. */
  broken: Map<string, string>
}

/** What passes by itself: the pass waits for the engine instead of blaming a rule. Too much memory is a rule's own fault. */
function isOutage(error: unknown): boolean {
  if (error instanceof AppError)
    return (
      error.code === 'CLICKHOUSE_ABORTED' ||
      (error.code === 'CLICKHOUSE_UNAVAILABLE' && !error.message.includes('code 241 '))
    )
  // A lost database says so by a code; what has none is a fault in answering the rule.
  return typeof (error as { code?: unknown }).code === 'string'
}

/** Finds members rule by rule where all together fail, in halves, so that one broken or slow rule stops no other. */
export async function findMembers(
  membersAmong: MembersAmong,
  named: readonly { key: string; rule: Rule }[],
  customerIds: readonly number[],
): Promise<FoundMembers> {
  if (named.length === 0) return { members: new Map(), broken: new Map() }
  try {
    return { members: await membersAmong(named, customerIds), broken: new Map() }
  } catch (error) {
    if (isOutage(error)) throw error
    const [only] = named
    if (named.length === 1 && only)
      return { members: new Map(), broken: new Map([[only.key, reasonOf(error)]]) }
    const half = named.length >> 1
    const left = await findMembers(membersAmong, named.slice(0, half), customerIds)
    const right = await findMembers(membersAmong, named.slice(half), customerIds)
    return {
      members: new Map([...left.members, ...right.members]),
      broken: new Map([...left.broken, ...right.broken]),
    }
  }
}

const reasonOf = (error: unknown): string =>
  error instanceof AppError
    ? `${error.code}: ${error.message}`.slice(0, 1000)
    : 'INTERNAL: Something failed here. It has been logged.'
