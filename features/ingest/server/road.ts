import type { Spool } from '#features/ingest/server/spool.ts'

/** Where collecting puts what it acknowledges: `append` resolves once it is durable. */
export type RoadIn = Pick<Spool, 'append' | 'close' | 'status'>

/** Where loading takes whole batches from, the oldest first; one is removed once its rows are in the warehouse. */
export type RoadOut = Pick<
  Spool,
  'seal' | 'first' | 'last' | 'has' | 'read' | 'remove' | 'setAside' | 'onSealed'
>

/**
 * The road between acknowledging and loading: the spool of this machine, or Kafka. `close` takes no more; `release`
 * gives back what others may go on with, once the loader has ended.
 */
export type Road = RoadIn &
  RoadOut & {
    release?(): Promise<void>
    /** How far loading is; a road that needs nobody else's copy until then has none. */
    position?: Spool['position']
  }
