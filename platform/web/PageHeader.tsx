import { ArrowLeftOutlined } from '@ant-design/icons'
import { Button, Flex, Typography } from 'antd'
import { type ReactNode, useEffect } from 'react'
import { useNavigate } from 'react-router'
import { shellText } from './shell-text.ts'
import { useText } from './text.ts'

/** The head of a page: what it is, its state, what it is for, and the next action. Also sets the window's title. */
export function PageHeader(props: {
  title: string
  /** State badges beside the title. */
  tags?: ReactNode
  description?: ReactNode
  actions?: ReactNode
  /** The page above this one. */
  back?: string
}) {
  const t = useText(shellText)
  const navigate = useNavigate()
  useEffect(() => {
    document.title = `${props.title} · 知客`
  }, [props.title])
  return (
    <Flex className="page-header" gap={16} align="flex-start" justify="space-between" wrap>
      <Flex gap={8} align="flex-start" style={{ minWidth: 0, flex: '1 1 280px' }}>
        {props.back && (
          <Button
            type="text"
            icon={<ArrowLeftOutlined />}
            aria-label={t.back}
            onClick={() => props.back && navigate(props.back)}
          />
        )}
        <div style={{ minWidth: 0 }}>
          <Flex gap={8} align="center" wrap>
            <Typography.Title level={1} style={{ fontSize: 20, margin: 0, lineHeight: '32px' }}>
              {props.title}
            </Typography.Title>
            {props.tags}
          </Flex>
          {props.description && <div className="quiet">{props.description}</div>}
        </div>
      </Flex>
      {props.actions && (
        <Flex gap={8} wrap>
          {props.actions}
        </Flex>
      )}
    </Flex>
  )
}
