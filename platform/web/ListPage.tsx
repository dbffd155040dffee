import { Card, Flex, Input } from 'antd'
import { type ReactNode, useEffect, useState } from 'react'
import { PageHeader } from './PageHeader.tsx'

/** The frame of a list: header with the one action, filters in a row, the table. */
export function ListPage(props: {
  title: string
  description?: ReactNode
  actions?: ReactNode
  /** What has to be known first, between header and table. */
  notice?: ReactNode
  filters?: ReactNode
  children: ReactNode
}) {
  return (
    <Flex vertical gap={16}>
      <PageHeader title={props.title} description={props.description} actions={props.actions} />
      {props.notice}
      <Card styles={{ body: { padding: 12 } }}>
        <Flex vertical gap={12}>
          {props.filters && (
            <Flex gap={8} wrap role="search">
              {props.filters}
            </Flex>
          )}
          {props.children}
        </Flex>
      </Card>
    </Flex>
  )
}

/** A search box that reports what was typed a moment after the last key, and at once on Enter. */
export function SearchBox(props: {
  label: string
  value: string
  onChange: (value: string) => void
  width?: number
}) {
  const [text, setText] = useState(props.value)
  const { value, onChange } = props
  useEffect(() => setText(value), [value])
  useEffect(() => {
    if (text === value) return
    const timer = setTimeout(() => onChange(text.trim()), 300)
    return () => clearTimeout(timer)
  }, [text, value, onChange])
  return (
    <Input.Search
      allowClear
      aria-label={props.label}
      placeholder={props.label}
      value={text}
      onChange={(event) => setText(event.target.value)}
      onSearch={(typed) => onChange(typed.trim())}
      style={{ width: props.width ?? 320, maxWidth: '100%' }}
    />
  )
}
