import { InfoCircleOutlined } from '@ant-design/icons'
import { Card, Flex, Skeleton, Tooltip } from 'antd'
import type { ReactNode } from 'react'
import { Link } from 'react-router'
import { useFormat } from './format.ts'
import { shellText } from './shell-text.ts'
import { useText } from './text.ts'

/** One number with what it means (on hover and focus), as of when, and a way to the rows it counts. */
export function Stat(props: {
  label: string
  /** Already formatted; null while it is read. */
  value: ReactNode
  definition: string
  asOf?: string | null
  /** Where the counted rows are. */
  to?: string
  note?: ReactNode
  exact?: string
  testId?: string
}) {
  const t = useText(shellText)
  const format = useFormat()
  const hover = [props.definition, props.exact, props.asOf && t.asOf(format.time(props.asOf))].filter(Boolean)
  const figure = <span className="stat-value">{props.value}</span>
  return (
    <Card size="small" className="stat" data-testid={props.testId}>
      <Flex vertical gap={2}>
        <Flex gap={4} align="center" className="quiet">
          <span>{props.label}</span>
          <Tooltip title={hover.map((line) => <div key={String(line)}>{line}</div>)}>
            <button type="button" className="plain-button" aria-label={hover.join(' ')}>
              <InfoCircleOutlined />
            </button>
          </Tooltip>
        </Flex>
        {props.value === null ? (
          <Skeleton.Button active size="small" />
        ) : props.to ? (
          <Link to={props.to} className="stat-link" title={t.openRows}>
            {figure}
          </Link>
        ) : (
          figure
        )}
        {props.note && <span className="quiet small">{props.note}</span>}
      </Flex>
    </Card>
  )
}
