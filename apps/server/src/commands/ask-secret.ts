import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'

/** Asks on the terminal without showing what is typed; elsewhere reads the first line of standard input. */
export async function askSecret(question: string): Promise<string> {
  const { stdin, stderr } = process
  const silent = new Writable({ write: (_text, _encoding, done) => done() })
  const lines = createInterface({ input: stdin, output: silent, terminal: stdin.isTTY === true })
  try {
    if (stdin.isTTY) {
      stderr.write(question)
      const answer = await lines.question('')
      stderr.write('\n')
      return answer
    }
    for await (const line of lines) return line
    return ''
  } finally {
    lines.close()
  }
}
