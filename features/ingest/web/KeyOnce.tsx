import { Alert, Button, Flex, Modal, Typography } from 'antd'
import { useText } from '#platform/web/text.ts'
import { sourceText } from './source-text.ts'

/** A key in full, to be copied now. */
export function KeyOnce(props: { title: string; writeKey: string; onClose: () => void }) {
  const t = useText(sourceText)
  return (
    <Modal
      open
      title={props.title}
      onCancel={props.onClose}
      footer={
        <Button type="primary" onClick={props.onClose}>
          {t.close}
        </Button>
      }
    >
      <Flex vertical gap={12}>
        <Alert type="info" showIcon title={t.keyOnce} />
        <Typography.Text code copyable style={{ overflowWrap: 'anywhere' }} data-testid="write-key">
          {props.writeKey}
        </Typography.Text>
      </Flex>
    </Modal>
  )
}
