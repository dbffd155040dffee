/** A customer as the warehouse copies it. */
export type WarehouseCustomer = {
  customer_id: number
  customer_no: string
  org_id: number
  rm_staff_id: number | null
  state: string
  is_provisional: boolean
  attributes: Record<string, string>
  revision: number
}

/** An import has two batches under way at most; what is kept of others is only a rolled-back transaction's. */
const mostRows = 60_000

export type FreshCopies = ReturnType<typeof createFreshCopies>

/**
 * Customers just added, by batch, until the warehouse has them. Only a saving: a batch that is not here is read from the
 * database, and one whose transaction was rolled back is never asked for, because its mark isn't there.
 */
export function createFreshCopies() {
  const batches = new Map<string, readonly WarehouseCustomer[]>()
  let kept = 0

  const forget = (batchId: string) => {
    kept -= batches.get(batchId)?.length ?? 0
    batches.delete(batchId)
  }

  return {
    keep(batchId: string, rows: readonly WarehouseCustomer[]): void {
      batches.set(batchId, rows)
      kept += rows.length
      for (const oldest of batches.keys()) {
        if (kept <= mostRows) break
        forget(oldest)
      }
    },
    find: (batchId: string): readonly WarehouseCustomer[] | undefined => batches.get(batchId),
    forget,
  }
}
