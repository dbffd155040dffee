import { Flex } from 'antd'
import type { ReactNode } from 'react'
import { DidFields } from './DidFields.tsx'
import { ListFields, NearFields, OrgFields, SampleFields, SegmentFields } from './PlaceFields.tsx'
import type { LeafNode } from './rule-tree.ts'
import { SequenceFields } from './SequenceFields.tsx'
import { TagFields } from './TagFields.tsx'
import { TopFields } from './TopFields.tsx'

/** The controls of one condition. */
export function LeafFields({ node }: { node: LeafNode }): ReactNode {
  const { id, isNegated } = node
  switch (node.kind) {
    case 'did':
      return <DidFields id={id} leaf={node.leaf} isNegated={isNegated} />
    case 'sequence':
      return <SequenceFields id={id} leaf={node.leaf} isNegated={isNegated} />
    default:
      return (
        <Flex gap={8} align="center" wrap>
          <ShortFields node={node} />
        </Flex>
      )
  }
}

/** Conditions that fit on a line. */
function ShortFields({ node }: { node: Exclude<LeafNode, { kind: 'did' | 'sequence' }> }): ReactNode {
  const { id, isNegated } = node
  switch (node.kind) {
    case 'tag':
      return <TagFields id={id} leaf={node.leaf} isNegated={isNegated} />
    case 'segment':
      return <SegmentFields id={id} leaf={node.leaf} isNegated={isNegated} />
    case 'list':
      return <ListFields id={id} leaf={node.leaf} isNegated={isNegated} />
    case 'org':
      return <OrgFields id={id} leaf={node.leaf} isNegated={isNegated} />
    case 'near':
      return <NearFields id={id} leaf={node.leaf} isNegated={isNegated} />
    case 'top':
      return <TopFields id={id} leaf={node.leaf} isNegated={isNegated} />
    case 'sample':
      return <SampleFields id={id} leaf={node.leaf} isNegated={isNegated} />
  }
}
