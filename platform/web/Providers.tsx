import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { App, ConfigProvider } from 'antd'
import enUS from 'antd/locale/en_US'
import zhCN from 'antd/locale/zh_CN'
import { type ReactNode, useEffect, useMemo, useState } from 'react'
import { ApiError } from './api.ts'
import { useAppearance } from './appearance.ts'
import { type ErrorTable, ErrorTableContext } from './error-words.ts'
import { useLanguage } from './language.ts'
import { SessionProvider } from './session.tsx'
import { themeOf } from './theme.ts'
import './platform.css'

const makeQueryClient = () =>
  new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 15_000,
        refetchOnWindowFocus: false,
        // An answer of the server is an answer; only a lost connection is worth asking again.
        retry: (count, error) => count < 2 && error instanceof ApiError && error.status === 0,
      },
    },
  })

const prefersStill = () => matchMedia('(prefers-reduced-motion: reduce)').matches

/** Everything a page relies on: language, look, cached reads, who is signed in, words for errors. */
export function Providers({ children, errors }: { children: ReactNode; errors: ErrorTable }) {
  const language = useLanguage()
  const appearance = useAppearance()
  const [queries] = useState(makeQueryClient)
  const theme = useMemo(() => themeOf(appearance, prefersStill()), [appearance])
  useEffect(() => {
    document.documentElement.lang = language === 'zh' ? 'zh-CN' : 'en'
    document.documentElement.style.colorScheme = appearance
  }, [language, appearance])
  return (
    <ConfigProvider
      locale={language === 'zh' ? zhCN : enUS}
      theme={theme}
      button={{ autoInsertSpace: false }}
    >
      <App className={`app app-${appearance}`}>
        <QueryClientProvider client={queries}>
          <ErrorTableContext value={errors}>
            <SessionProvider>{children}</SessionProvider>
          </ErrorTableContext>
        </QueryClientProvider>
      </App>
    </ConfigProvider>
  )
}
