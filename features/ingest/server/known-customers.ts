/** Numbers remembered; some 100 bytes each. */
const mostKnown = 500_000

/**
 * Ids of customer numbers that the loader has looked up, so that the collector can write whole rows. An id never changes;
 * where customers are merged, the loader moves what came under their numbers.
 */
export function createKnownCustomers() {
  const ids = new Map<string, number>()
  return {
    find: (customerNo: string): number | undefined => ids.get(customerNo),
    learn(found: ReadonlyMap<string, number>): void {
      if (ids.size + found.size > mostKnown) ids.clear()
      for (const [customerNo, customerId] of found) ids.set(customerNo, customerId)
    },
  }
}

export type KnownCustomers = ReturnType<typeof createKnownCustomers>
