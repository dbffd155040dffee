import { createContext, useContext } from 'react'
import { ApiError } from './api.ts'
import { inLanguage, type Language, type Pair, useLanguage } from './language.ts'

export type ErrorTable = Readonly<Record<string, Pair>>

const common: ErrorTable = {
  UNREACHABLE: [
    '连不上服务器。您填写的内容还在，请检查网络后重试。',
    'The server cannot be reached. What you entered is kept; check the network and try again.',
  ],
  NOT_SIGNED_IN: ['登录已失效，请重新登录。', 'You are no longer signed in. Sign in again.'],
  LOGIN_FAILED: ['用户名或密码不正确。', 'The user name or password is wrong.'],
  LOGIN_LOCKED: [
    '连续输错多次，账号已临时锁定，请稍后再试或联系安全管理员。',
    'Too many failures: the account is locked for a while. Try later or ask the security administrator.',
  ],
  CSRF_INVALID: ['页面已过期，请刷新后重试。', 'This page has expired. Reload it and try again.'],
  PERMISSION_MISSING: ['您的岗位没有这项权限。', 'Your post does not include this permission.'],
  ROUTE_NOT_FOUND: ['这项功能在当前版本中还没有启用。', 'This version does not offer that.'],
  INPUT_INVALID: [
    '有内容不符合要求，请检查后再提交。',
    'Something entered is not valid. Check it and submit again.',
  ],
  CURSOR_INVALID: ['列表已变化，请刷新后重试。', 'The list has changed. Reload it and try again.'],
  INTERNAL: [
    '系统内部出错，已记录。数据没有改变，请稍后重试。',
    'Something failed here and was logged. Nothing was changed; try again later.',
  ],
}

const byStatus: Readonly<Record<number, Pair>> = {
  400: common.INPUT_INVALID ?? ['', ''],
  403: common.PERMISSION_MISSING ?? ['', ''],
  404: [
    '没有找到，可能已被删除，或不在您的机构范围内。',
    'Not found: it may be deleted, or outside your org units.',
  ],
  409: ['与现有数据冲突，请刷新后重试。', 'This conflicts with what is there now. Reload and try again.'],
  413: ['内容太大，请缩减后重试。', 'That is too large. Make it smaller and try again.'],
  429: ['操作太频繁，请稍后重试。', 'Too many requests. Try again a little later.'],
  503: ['服务暂时不可用，请稍后重试。', 'The service is unavailable for the moment. Try again later.'],
}

/** Words of every feature's error codes, collected by the console. */
export const ErrorTableContext = createContext<ErrorTable>({})

/** What to tell the person: our words for the code; in English the server's own detail where it says more. */
export function errorWords(error: unknown, language: Language, table: ErrorTable = {}): string {
  if (!(error instanceof ApiError)) return inLanguage(language, common.INTERNAL ?? ['', ''])
  const known = table[error.code] ?? common[error.code]
  if (known && !(language === 'en' && error.code === 'INPUT_INVALID')) return inLanguage(language, known)
  if (language === 'en' && error.message) return error.message
  const general = byStatus[error.status] ?? common.INTERNAL ?? ['', '']
  return `${inLanguage(language, general)}（${error.code}）`
}

/** A function giving the words for an error in the current language. */
export function useErrorWords(): (error: unknown) => string {
  const language = useLanguage()
  const table = useContext(ErrorTableContext)
  return (error) => errorWords(error, language, table)
}
