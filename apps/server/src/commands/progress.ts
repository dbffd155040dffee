import cliProgress from 'cli-progress'
import type { ImportProgress } from '#features/imports/common/import.ts'
import type { Io } from './command.ts'

const quietMs = 5000

/** A bar on a terminal; elsewhere a line now and then, so that a log shows that it lives. */
export function createProgress(io: Io) {
  let bar: cliProgress.SingleBar | undefined
  let shownFile: string | undefined
  let shownAt = performance.now()

  function clear(): void {
    bar?.stop()
    bar = undefined
    shownFile = undefined
  }

  function draw({ file, rows, rejected, bytesDone, bytesTotal }: ImportProgress): void {
    if (shownFile !== file) {
      clear()
      bar = new cliProgress.SingleBar({
        format: '{file} [{bar}] {percentage} % · {rows} rows · {rejected} rejected · {eta_formatted} left',
        hideCursor: true,
        clearOnComplete: true,
        etaBuffer: 50,
      })
      bar.start(bytesTotal, 0, { file, rows: 0, rejected: 0 })
      shownFile = file
    }
    bar?.update(bytesDone, { rows: rows.toLocaleString('en'), rejected: rejected.toLocaleString('en') })
  }

  return {
    show(progress: ImportProgress): void {
      if (io.isTerminal) draw(progress)
      else if (performance.now() - shownAt >= quietMs) {
        shownAt = performance.now()
        const percent =
          progress.bytesTotal > 0 ? Math.floor((progress.bytesDone / progress.bytesTotal) * 100) : 100
        io.out(`${progress.file}: ${progress.rows.toLocaleString('en')} rows, ${percent} %`)
      }
    },
    clear,
  }
}
