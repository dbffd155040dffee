import { jsonLines, markedLines } from './json-lines.ts'

/** JSON for reading, with the lines of one field marked. */
export function JsonView({ value, path = '' }: { value: unknown; path?: string }) {
  const lines = jsonLines(value)
  const marked = markedLines(lines, path)
  return (
    <pre
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
      tabIndex={0}
      style={{ margin: 0, fontSize: 12, lineHeight: 1.6, overflow: 'auto', maxHeight: 480 }}
    >
      {lines.map((line, index) =>
        marked[index] ? (
          <mark
            // biome-ignore lint/suspicious/noArrayIndexKey: lines never move
            key={index}
            style={{ display: 'block', background: 'var(--ant-color-warning-bg)', color: 'inherit' }}
          >
            {line.text}
          </mark>
        ) : (
          // biome-ignore lint/suspicious/noArrayIndexKey: lines never move
          <span key={index} style={{ display: 'block' }}>
            {line.text}
          </span>
        ),
      )}
    </pre>
  )
}
