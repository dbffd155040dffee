import { LockOutlined, UserOutlined } from '@ant-design/icons'
import { Alert, Button, Card, Flex, Form, Input, Typography } from 'antd'
import { useEffect, useState } from 'react'
import { Navigate, useSearchParams } from 'react-router'
import { useErrorWords } from '#platform/web/error-words.ts'
import { setLanguage, useLanguage } from '#platform/web/language.ts'
import { useSession } from '#platform/web/session.tsx'
import { FullPageSpinner } from '#platform/web/states.tsx'
import { defineText, useText } from '#platform/web/text.ts'

const text = defineText({
  title: ['知客', 'Zhike'],
  subtitle: ['零售银行数字化运营平台', 'Digital operations for retail banks'],
  username: ['用户名', 'User name'],
  password: ['密码', 'Password'],
  submit: ['登录', 'Sign in'],
  usernameMissing: ['请输入用户名', 'Enter your user name'],
  passwordMissing: ['请输入密码', 'Enter your password'],
  language: ['English', '中文'],
  notice: ['仅限本行员工使用，操作全程留痕。', 'For staff of the bank only; what you do is recorded.'],
})

/** Only an address of ours: a link must not lead a fresh login elsewhere. */
const safeNext = (next: string | null) => (next && /^\/(?![/\\])/.test(next) ? next : '/home')

export function LoginPage() {
  const t = useText(text)
  const language = useLanguage()
  const { session } = useSession()
  const [search] = useSearchParams()
  useEffect(() => {
    document.title = `${t.submit} · 知客`
  }, [t])
  if (session.state === 'loading') return <FullPageSpinner />
  if (session.state === 'signedIn') return <Navigate to={safeNext(search.get('next'))} replace />
  return (
    <Flex vertical align="center" justify="center" gap={24} style={{ minHeight: '100vh', padding: 16 }}>
      <Flex vertical align="center">
        <Typography.Title level={1} style={{ margin: 0, letterSpacing: 4 }}>
          {t.title}
        </Typography.Title>
        <span className="quiet">{t.subtitle}</span>
      </Flex>
      <Card style={{ width: 360, maxWidth: '100%' }}>
        <LoginForm />
      </Card>
      <Flex vertical align="center" gap={4}>
        <span className="quiet small">{t.notice}</span>
        <Button type="link" size="small" onClick={() => setLanguage(language === 'zh' ? 'en' : 'zh')}>
          {t.language}
        </Button>
      </Flex>
    </Flex>
  )
}

function LoginForm() {
  const t = useText(text)
  const words = useErrorWords()
  const { login } = useSession()
  const [error, setError] = useState<unknown>()
  const [isSending, setSending] = useState(false)
  const submit = async (values: { username: string; password: string }) => {
    setSending(true)
    setError(undefined)
    try {
      await login(values.username.trim(), values.password)
    } catch (failure) {
      setError(failure)
      setSending(false)
    }
  }
  return (
    <Form layout="vertical" requiredMark={false} onFinish={submit}>
      {error !== undefined && (
        <Alert type="error" showIcon title={words(error)} style={{ marginBottom: 16 }} />
      )}
      <Form.Item name="username" label={t.username} rules={[{ required: true, message: t.usernameMissing }]}>
        <Input prefix={<UserOutlined />} autoComplete="username" autoFocus data-testid="login-username" />
      </Form.Item>
      <Form.Item name="password" label={t.password} rules={[{ required: true, message: t.passwordMissing }]}>
        <Input.Password
          prefix={<LockOutlined />}
          autoComplete="current-password"
          data-testid="login-password"
        />
      </Form.Item>
      <Button type="primary" htmlType="submit" block loading={isSending} data-testid="login-submit">
        {t.submit}
      </Button>
    </Form>
  )
}
