import { defineText } from '#platform/web/text.ts'

/** Strings of the frame around every page. */
export const frameText = defineText({
  product: ['知客', 'Zhike'],
  skip: ['跳到正文', 'Skip to the page'],
  navigation: ['主导航', 'Main navigation'],
  openNavigation: ['打开导航', 'Open navigation'],
  search: ['搜索', 'Search'],
  language: ['切换为英文', 'Switch to Chinese'],
  languageShort: ['EN', '中'],
  toDark: ['深色', 'Dark'],
  toLight: ['浅色', 'Light'],
  changePassword: ['修改密码', 'Change password'],
  logout: ['退出登录', 'Sign out'],
  account: ['账号', 'Account'],
  demo: ['演示环境', 'Demo'],
  notAllowed: ['您的岗位不能使用这一页', 'Your post does not include this page'],
  notAllowedHint: [
    '如工作需要，请联系安全管理员授予岗位。',
    'If your work needs it, ask the security administrator for the post.',
  ],
  notFound: ['没有这一页', 'There is no such page'],
  notFoundHint: ['地址可能写错了，或页面已移动。', 'The address may be mistyped, or the page has moved.'],
  toHome: ['回首页', 'Go home'],
})
