/** What this process has taken and refused since it started; only codes are counted, so memory is bounded. */
export function createIngestCounters() {
  const rejected = new Map<string, number>()
  let accepted = 0
  let dropped = 0
  return {
    accept(messages: number, droppedProperties: number): void {
      accepted += messages
      dropped += droppedProperties
    },
    reject(code: string, count = 1): void {
      rejected.set(code, (rejected.get(code) ?? 0) + count)
    },
    read: () => ({
      accepted,
      droppedProperties: dropped,
      rejectedByCode: [...rejected]
        .map(([code, count]) => ({ code, count }))
        .sort((a, b) => b.count - a.count),
    }),
  }
}

export type IngestCounters = ReturnType<typeof createIngestCounters>
