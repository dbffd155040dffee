import { Button, Result, Typography } from 'antd'
import { Component, type ReactNode } from 'react'
import { shellText } from './shell-text.ts'
import { useText } from './text.ts'

/** Says that a page failed without taking the others along; `resetKey` (the address) lets the next page try again. */
export class ErrorBoundary extends Component<{ children: ReactNode; resetKey: string }, { error: unknown }> {
  override state: { error: unknown } = { error: undefined }

  static getDerivedStateFromError(error: unknown) {
    return { error }
  }

  override componentDidUpdate(before: { resetKey: string }) {
    if (before.resetKey !== this.props.resetKey && this.state.error !== undefined) {
      this.setState({ error: undefined })
    }
  }

  override render() {
    if (this.state.error === undefined) return this.props.children
    return <Crashed error={this.state.error} />
  }
}

/** The page shown in place of one that threw. */
export function Crashed({ error }: { error: unknown }) {
  const t = useText(shellText)
  return (
    <div role="alert">
      <Result
        status="error"
        title={t.crashed}
        subTitle={t.crashedHint}
        extra={
          <Button type="primary" onClick={() => location.reload()}>
            {t.reload}
          </Button>
        }
      >
        <Typography.Text code copyable>
          {error instanceof Error ? `${error.name}: ${error.message}` : String(error)}
        </Typography.Text>
      </Result>
    </div>
  )
}
