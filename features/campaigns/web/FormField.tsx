import { Form } from 'antd'
import type { ReactNode } from 'react'
import { usePick } from '#platform/web/text.ts'
import { type DraftProblem, problemAt } from './campaign-draft.ts'

/** A labelled field with what is wrong with it below, in words. */
export function FormField(props: {
  id?: string
  label?: ReactNode
  path: string
  problems: readonly DraftProblem[]
  hint?: string
  tooltip?: string
  isWide?: boolean
  children: ReactNode
}) {
  const pick = usePick()
  const problem = problemAt(props.problems, props.path)
  return (
    <Form.Item
      label={props.label}
      htmlFor={props.id}
      tooltip={props.tooltip}
      className={props.isWide ? 'form-wide' : undefined}
      validateStatus={problem ? 'error' : undefined}
      help={problem ? <span data-testid={`problem-${props.path}`}>{pick(problem.words)}</span> : undefined}
      extra={problem ? undefined : props.hint}
    >
      {props.children}
    </Form.Item>
  )
}
