/** A bucket of tokens; it may run into debt by one withdrawal, so that a batch larger than the bucket can pass at all. */
export type Bucket = { tokens: number; atMs: number }

export const fullBucket = (burst: number, nowMs: number): Bucket => ({ tokens: burst, atMs: nowMs })

/** Fills up for the time gone by. A clock set back adds nothing and takes nothing. */
export function fill(bucket: Bucket, perSecond: number, burst: number, nowMs: number): void {
  const elapsedMs = nowMs - bucket.atMs
  if (elapsedMs > 0) bucket.tokens = Math.min(burst, bucket.tokens + (elapsedMs * perSecond) / 1000)
  bucket.atMs = nowMs
}

/** How long until something may be taken again; 0: now. */
export const waitMs = (bucket: Bucket, perSecond: number): number =>
  bucket.tokens > 0 ? 0 : Math.max(1, Math.ceil(((1 - bucket.tokens) * 1000) / perSecond))
