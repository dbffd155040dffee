export const TagEditPage = () => null
