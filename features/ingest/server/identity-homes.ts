import { sql } from '#platform/common/sql.ts'
import type { PgRunner } from '#platform/server/postgres/postgres.ts'

/**
 * Versions of rows of `event`, lowest first: what an import says; copies by binding and by merging carry the version of identity they were
 * made by; what a message itself says stands above every copy; that a number's own rows are counted elsewhere, or here
 * again, stands above that.
 */
export const boundBase = 2n ** 61n
const mergedBase = 2n ** 61n + 2n ** 60n
const movedBase = 2n ** 62n + 2n ** 45n

/** Version of a copy by binding, or of its withdrawal, made by what was known at a version of identity. */
export const boundVer = (version: number): bigint => boundBase + BigInt(version)
/** The same of a copy by merging; withdrawals come before copies. */
export const mergedVer = (version: number, isCopy: boolean): bigint =>
  mergedBase + BigInt(version) * 2n + (isCopy ? 1n : 0n)
/** Version of a number's own row once it is counted elsewhere, or here again. */
export const movedVer = (version: number): bigint => movedBase + BigInt(version)
/** A row of this version or a higher one, or one below all copies, says that the message itself named this customer. */
export const firstDirectVer = 2n ** 62n

type HomeRow = { customer_id: number; home_id: number; past_ids: number[] }

/** Where customers are counted and were counted before; only those that were ever merged differ from themselves. */
export async function readHomes(runner: PgRunner, customerIds: readonly number[]) {
  const rows = await runner.query<HomeRow>(sql`
    SELECT h.customer_id, h.home_id, h.past_ids FROM customer_home AS h
    WHERE h.customer_id = ANY(${[...new Set(customerIds)]}::bigint[])`)
  const found = new Map(rows.map((row) => [row.customer_id, row]))
  return {
    homeOf: (customerId: number): number => found.get(customerId)?.home_id ?? customerId,
    pastOf: (customerId: number): readonly number[] => found.get(customerId)?.past_ids ?? [],
  }
}
