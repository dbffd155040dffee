/** Writes small ONNX files by hand, in the wire format of protocol buffers: tests need no other tool. */
type Field = Buffer

const varint = (value: number): Buffer => {
  const bytes: number[] = []
  let rest = value
  while (rest > 127) {
    bytes.push((rest & 127) | 128)
    rest = Math.floor(rest / 128)
  }
  return Buffer.from([...bytes, rest])
}
const key = (field: number, wire: number): Buffer => varint(field * 8 + wire)
const int = (field: number, value: number): Field => Buffer.concat([key(field, 0), varint(value)])
const bytes = (field: number, value: Buffer | string): Field => {
  const body = typeof value === 'string' ? Buffer.from(value) : value
  return Buffer.concat([key(field, 2), varint(body.length), body])
}
const message = (field: number, ...parts: readonly Field[]): Field => bytes(field, Buffer.concat(parts))

/** Element type of a tensor: 1 is float. */
const float = 1

const floats = (values: readonly number[]): Buffer => {
  const body = Buffer.alloc(values.length * 4)
  values.forEach((value, at) => {
    body.writeFloatLE(value, at * 4)
  })
  return body
}

const dimension = (size: number | string): Field =>
  message(1, typeof size === 'string' ? bytes(2, size) : int(1, size))
const valueInfo = (field: number, name: string, shape: readonly (number | string)[]): Field =>
  message(field, bytes(1, name), message(2, message(1, int(1, float), message(2, ...shape.map(dimension)))))
const tensor = (name: string, dims: readonly number[], values: readonly number[]): Field =>
  message(5, ...dims.map((size) => int(1, size)), int(2, float), bytes(8, name), bytes(9, floats(values)))
const node = (operator: string, inputs: readonly string[], output: string): Field =>
  message(1, ...inputs.map((name) => bytes(1, name)), bytes(2, output), bytes(4, operator))

/** Sigmoid(x · weights + bias) for each column of weights: inputs [N, k], output [N, columns]. */
export function sigmoidModel(options: {
  weights: readonly (readonly number[])[]
  bias: readonly number[]
  inputShape?: readonly (number | string)[]
}): Buffer {
  const { weights, bias } = options
  const [width, columns] = [weights.length, bias.length]
  const graph = message(
    7,
    node('MatMul', ['x', 'w'], 'product'),
    node('Add', ['product', 'b'], 'sum'),
    node('Sigmoid', ['sum'], 'score'),
    bytes(2, 'scores'),
    tensor('w', [width, columns], weights.flat()),
    tensor('b', [columns], bias),
    valueInfo(11, 'x', options.inputShape ?? ['N', width]),
    valueInfo(12, 'score', ['N', columns]),
    valueInfo(12, 'sum', ['N', columns]),
  )
  return Buffer.concat([int(1, 8), graph, message(8, bytes(1, ''), int(2, 13))])
}
