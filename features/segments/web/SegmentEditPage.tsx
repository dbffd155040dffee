export const SegmentEditPage = () => null
