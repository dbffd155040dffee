import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { OnnxDefinition } from '#features/models/common/model.ts'
import { modelError } from '#features/models/common/model-errors.ts'

type Metadata = { name: string; isTensor: boolean; type?: string; shape?: readonly (number | string)[] }
type Answer =
  | { ok: true; inputs?: Metadata[]; outputs?: Metadata[]; scores?: Float64Array }
  | { ok: false; detail: string }
type Plan = { input: string; type: 'float32' | 'float64'; output: string; index: number }

/** An open model that scores; close it. */
export type OnnxSession = {
  /** Scores of so many rows, whose inputs stand one after the other in `data`. */
  score(rows: number, data: Float64Array): Promise<Float64Array>
  close(): void
}

const mostBytes = 3_000_000_000
const timeoutMs = 60_000
const script = fileURLToPath(new URL('./onnx-process.mjs', import.meta.url))

/** Sends one message and waits for its answer, for the end of the process, or for the time to be up. */
function ask(child: ChildProcess, message: object, dueMs: number): Promise<Answer> {
  return new Promise((resolve) => {
    const end = (answer: Answer) => {
      clearTimeout(timer)
      child.off('message', end)
      child.off('exit', onExit)
      child.off('error', onError)
      resolve(answer)
    }
    const onError = () => end({ ok: false, detail: 'its process could not be reached.' })
    const onExit = (code: number | null) =>
      end({ ok: false, detail: code === 77 ? 'it takes too much memory.' : 'it ended its process.' })
    const timer = setTimeout(() => {
      child.kill('SIGKILL')
      end({ ok: false, detail: 'it takes too long.' })
    }, dueMs)
    child.once('message', end)
    child.once('exit', onExit)
    child.once('error', onError)
    child.send(message, (error) => {
      if (error) onError()
    })
  })
}

const broken = (detail: string) => modelError('MODEL_FILE_BROKEN', { detail })

/** Which input and output of the file the definition means; refuses a file that does not fit it. */
function planOf(definition: OnnxDefinition, inputs: readonly Metadata[], outputs: readonly Metadata[]): Plan {
  const [input] = inputs
  const width = definition.inputs.length
  if (!input || inputs.length !== 1)
    throw broken(`it has ${inputs.length} inputs; one of shape [customers, ${width}] is needed.`)
  if (!input.isTensor || (input.type !== 'float32' && input.type !== 'float64'))
    throw broken(`its input "${input.name}" is no tensor of floats.`)
  const shape = input.shape ?? []
  const last = shape.at(-1)
  if (
    shape.length !== 2 ||
    (typeof last === 'number' && last > 0 && last !== width) ||
    (typeof shape[0] === 'number' && shape[0] > 0)
  )
    throw broken(`its input has the shape [${shape.join(', ')}]; [customers, ${width}] is needed.`)
  const named = definition.output?.name
  const output = named === undefined ? outputs[0] : outputs.find(({ name }) => name === named)
  if (!output) throw broken(`it has no output "${named ?? ''}".`)
  if (!output.isTensor) throw broken(`its output "${output.name}" is no tensor.`)
  return { input: input.name, type: input.type, output: output.name, index: definition.output?.index ?? 0 }
}

/**
 * Opens an ONNX file in a process of its own and tries it on two made-up customers. Throws MODEL_FILE_BROKEN for whatever
 * cannot be read or does not fit the definition.
 */
export async function openOnnx(file: Buffer, definition: OnnxDefinition): Promise<OnnxSession> {
  const child = fork(script, [String(mostBytes)], {
    serialization: 'advanced',
    execArgv: [],
    stdio: 'ignore',
  })
  const close = () => {
    child.kill('SIGKILL')
  }
  const width = definition.inputs.length
  const run = (plan: Plan, rows: number, data: Float64Array) =>
    ask(child, { kind: 'run', ...plan, rows, width, data }, timeoutMs)
  try {
    const opened = await ask(child, { kind: 'open', file }, timeoutMs)
    if (!opened.ok) throw broken(opened.detail)
    const plan = planOf(definition, opened.inputs ?? [], opened.outputs ?? [])
    const probe = await run(plan, 2, new Float64Array(2 * width))
    if (!probe.ok) throw broken(probe.detail)
    return {
      close,
      async score(rows, data) {
        const answer = await run(plan, rows, data)
        if (!answer.ok || !answer.scores)
          throw modelError('MODEL_RUN_FAILED', { detail: answer.ok ? 'it gave no scores.' : answer.detail })
        return answer.scores
      },
    }
  } catch (error) {
    close()
    throw error
  }
}
