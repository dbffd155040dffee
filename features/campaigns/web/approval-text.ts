import { defineText } from '#platform/web/text.ts'

/** Strings of what is approved of a campaign. */
export const approvalText = defineText({
  references: ['受众用到的客群和标签（提交时的定义）', 'Segments and tags behind the audience, as submitted'],
  segment: ['客群', 'Segment'],
  tag: ['标签', 'Tag'],
  gone: ['已不存在', 'no longer exists'],
  offer: ['客户看到的样子', 'What the customer sees'],
})
