/** What this process has taken and refused since it started; only codes are counted, so memory is bounded. */
export function createIngestCounters() {
  const rejected = new Map<string, number>()
  const noted = new Map<string, number>()
  let accepted = 0
  let dropped = 0
  const add = (counts: Map<string, number>, code: string, count: number) =>
    counts.set(code, (counts.get(code) ?? 0) + count)
  const list = (counts: ReadonlyMap<string, number>) =>
    [...counts].map(([code, count]) => ({ code, count })).sort((a, b) => b.count - a.count)
  return {
    accept(messages: number, droppedProperties: number): void {
      accepted += messages
      dropped += droppedProperties
    },
    reject(code: string, count = 1): void {
      add(rejected, code, count)
    },
    /** Counts what breaks the tracking plan, whatever becomes of the event. */
    note(code: string, count = 1): void {
      add(noted, code, count)
    },
    read: () => ({ accepted, droppedProperties: dropped, rejectedByCode: list(rejected) }),
    planFindings: () => list(noted),
  }
}

export type IngestCounters = ReturnType<typeof createIngestCounters>
