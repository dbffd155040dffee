/**
 * A client's clock is corrected by at most this much (a day): its own time (`client_at`) and ours (`occurred_at`) are never
 * further apart, so a query about a window may leave out whole months by the client's time, as long as it looks this much wider.
 */
export const mostSkewMs = 86_400_000
