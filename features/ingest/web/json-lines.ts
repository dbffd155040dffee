/** One line of a JSON text, with the path of the field it belongs to. */
export type JsonLine = { text: string; path: string }

const isBox = (value: unknown): value is object => typeof value === 'object' && value !== null

/** A value as indented JSON, line by line; paths are dotted, as a reject names them. */
export function jsonLines(value: unknown, path = '', indent = 0, before = '', after = ''): JsonLine[] {
  const space = '  '.repeat(indent)
  if (!isBox(value) || Object.keys(value).length === 0)
    return [{ text: `${space}${before}${JSON.stringify(value)}${after}`, path }]
  const [open, close] = Array.isArray(value) ? '[]' : '{}'
  const entries = Object.entries(value)
  return [
    { text: `${space}${before}${open}`, path },
    ...entries.flatMap(([name, item], index) =>
      jsonLines(
        item,
        path ? `${path}.${name}` : name,
        indent + 1,
        Array.isArray(value) ? '' : `${JSON.stringify(name)}: `,
        index < entries.length - 1 ? ',' : '',
      ),
    ),
    { text: `${space}${close}${after}`, path },
  ]
}

/** Whether a line is, or lies within, the field of a path; where the field is missing, the closest one above it is marked. */
export function markedLines(lines: readonly JsonLine[], path: string): boolean[] {
  let wanted = path
  const isWithin = (line: JsonLine) => line.path === wanted || line.path.startsWith(`${wanted}.`)
  while (wanted !== '' && !lines.some(isWithin)) wanted = wanted.split('.').slice(0, -1).join('.')
  return lines.map((line) => wanted !== '' && isWithin(line))
}
