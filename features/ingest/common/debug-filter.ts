/** What one may watch. */
export const debugKinds = ['device', 'customerNo', 'source'] as const
export type DebugFilter = { kind: (typeof debugKinds)[number]; value: string }

export const debugMinutes = 15
/** What a session keeps for whoever joins it or comes back. */
export const debugKept = 200
