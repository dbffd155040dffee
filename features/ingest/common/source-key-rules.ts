/** A revoked key may come back within this time. */
export const undoRevokeHours = 24
export const mostKeysPerSource = 20
