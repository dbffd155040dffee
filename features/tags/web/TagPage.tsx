export const TagPage = () => null
