import { Button, Result } from 'antd'
import { Link, Outlet } from 'react-router'
import type { Permission } from '#platform/common/access.ts'
import { useMay } from '#platform/web/session.tsx'
import { useText } from '#platform/web/text.ts'
import { frameText } from './frame-text.ts'

/** Shows the page to those whose role has its permission, and a plain word to the others. */
export function Guarded({ permission }: { permission: Permission }) {
  const may = useMay()
  const t = useText(frameText)
  if (may(permission)) return <Outlet />
  return (
    <Result status="403" icon={null} title={t.notAllowed} subTitle={t.notAllowedHint} extra={<HomeLink />} />
  )
}

/** An address no page has. */
export function NotFound() {
  const t = useText(frameText)
  return <Result status="404" icon={null} title={t.notFound} subTitle={t.notFoundHint} extra={<HomeLink />} />
}

const HomeLink = () => {
  const t = useText(frameText)
  return (
    <Link to="/home">
      <Button type="primary">{t.toHome}</Button>
    </Link>
  )
}
