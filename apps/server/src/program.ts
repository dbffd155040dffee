import type { HttpServer } from '#platform/server/http.ts'

/** What a process runs, whatever its roles. */
export type Program = {
  http: HttpServer
  /** Seeds where asked, then starts loading and working; resolves when the program may be called ready. */
  start(print: (line: string) => void): Promise<void>
  markReady(): void
  /** What a person who started it wants to read. */
  greeting(): Promise<string[]>
  /** Takes no more, finishes what was acknowledged as far as it can, ends. */
  stop(): Promise<void>
}
