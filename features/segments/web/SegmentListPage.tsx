export const SegmentListPage = () => null
