import {
  LockOutlined,
  LogoutOutlined,
  MenuOutlined,
  MoonOutlined,
  SearchOutlined,
  SunOutlined,
  UserOutlined,
} from '@ant-design/icons'
import { Button, Dropdown, Flex, Tag, Tooltip } from 'antd'
import { useState } from 'react'
import { Link } from 'react-router'
import { roleNames } from '#features/org/web/org-text.ts'
import { OwnPasswordDialog } from '#features/org/web/StaffDialogs.tsx'
import { setAppearance, useAppearance } from '#platform/web/appearance.ts'
import { setLanguage, useLanguage } from '#platform/web/language.ts'
import { useSession, useUser } from '#platform/web/session.tsx'
import { usePick, useText } from '#platform/web/text.ts'
import { frameText } from './frame-text.ts'

/** The bar above every page: where you are, search, who you are, language and look. */
export function TopBar({ onMenu, onSearch }: { onMenu: () => void; onSearch: () => void }) {
  const t = useText(frameText)
  const user = useUser()
  return (
    <header className="top-bar">
      <Flex align="center" gap={8} style={{ minWidth: 0 }}>
        <Button
          className="menu-button"
          type="text"
          icon={<MenuOutlined />}
          aria-label={t.openNavigation}
          onClick={onMenu}
        />
        <Link to="/home" className="brand">
          {t.product}
        </Link>
        <span className="org-name quiet" title={user.orgName}>
          {user.orgName}
        </span>
        {user.isDemo && (
          <Tag color="gold" className="wide-only">
            {t.demo}
          </Tag>
        )}
      </Flex>
      <Flex align="center" gap={4}>
        <button type="button" className="search-button" onClick={onSearch} aria-label={t.search}>
          <SearchOutlined />
          <span className="wide-only">{t.search}</span>
          <kbd className="wide-only">Ctrl K</kbd>
        </button>
        <LookButtons />
        <AccountMenu />
      </Flex>
    </header>
  )
}

/** Switches of language and of light and dark. */
function LookButtons() {
  const t = useText(frameText)
  const language = useLanguage()
  const appearance = useAppearance()
  const look = appearance === 'dark' ? t.toLight : t.toDark
  return (
    <>
      <Tooltip title={t.language}>
        <Button
          type="text"
          aria-label={t.language}
          onClick={() => setLanguage(language === 'zh' ? 'en' : 'zh')}
          style={{ minWidth: 36, padding: '0 6px' }}
        >
          {t.languageShort}
        </Button>
      </Tooltip>
      <Tooltip title={look}>
        <Button
          type="text"
          aria-label={look}
          icon={appearance === 'dark' ? <SunOutlined /> : <MoonOutlined />}
          onClick={() => setAppearance(appearance === 'dark' ? 'light' : 'dark')}
        />
      </Tooltip>
    </>
  )
}

function AccountMenu() {
  const t = useText(frameText)
  const pick = usePick()
  const user = useUser()
  const { logout } = useSession()
  const [isChangingPassword, setChangingPassword] = useState(false)
  const roles = user.roles.map((role) => pick(roleNames[role])).join('、')
  return (
    <>
      <Dropdown
        trigger={['click']}
        menu={{
          items: [
            {
              key: 'who',
              disabled: true,
              label: (
                <Flex vertical>
                  <strong>{user.name}</strong>
                  <span>
                    {user.staffNo} · {user.orgName}
                  </span>
                  <span>{roles}</span>
                </Flex>
              ),
            },
            { type: 'divider' },
            {
              key: 'password',
              icon: <LockOutlined />,
              label: t.changePassword,
              onClick: () => setChangingPassword(true),
            },
            { key: 'logout', icon: <LogoutOutlined />, label: t.logout, onClick: () => void logout() },
          ],
        }}
      >
        <Button
          type="text"
          icon={<UserOutlined />}
          aria-label={`${t.account}：${user.name}`}
          data-testid="account-menu"
        >
          <span className="wide-only">{user.name}</span>
        </Button>
      </Dropdown>
      {isChangingPassword && (
        <OwnPasswordDialog onClose={() => setChangingPassword(false)} onDone={() => void logout()} />
      )}
    </>
  )
}
