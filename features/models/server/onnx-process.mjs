// Runs one ONNX model in a process of its own: what a broken or hostile file does to it, it does to nobody else.
import { InferenceSession, Tensor } from 'onnxruntime-node'

const mostBytes = Number(process.argv[2])
setInterval(() => {
  if (process.memoryUsage().rss > mostBytes) process.exit(77)
}, 100).unref()

/** @type {InferenceSession | undefined} */
let session

const numbers = { float32: Float32Array, float64: Float64Array }

async function open({ file }) {
  session = await InferenceSession.create(new Uint8Array(file), {
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    logSeverityLevel: 4,
  })
  return { inputs: session.inputMetadata, outputs: session.outputMetadata }
}

async function run({ rows, width, data, type, input, output, index }) {
  const result = await session.run({ [input]: new Tensor(type, numbers[type].from(data), [rows, width]) }, [
    output,
  ])
  const tensor = result[output]
  const columns = tensor.data.length / rows
  if (!Number.isInteger(columns) || columns <= index) {
    throw new Error(
      `the output "${output}" has ${tensor.data.length} values for ${rows} customers; column ${index} is not there`,
    )
  }
  const scores = new Float64Array(rows)
  for (let row = 0; row < rows; row += 1) scores[row] = Number(tensor.data[row * columns + index])
  return { scores }
}

process.on('message', (message) => {
  const work = message.kind === 'open' ? open(message) : run(message)
  work.then(
    (answer) => process.send({ ok: true, ...answer }),
    (error) => process.send({ ok: false, detail: String(error?.message ?? error).slice(0, 500) }),
  )
})
process.on('disconnect', () => process.exit(0))
