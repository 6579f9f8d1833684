import type { platformSha256 } from "@luxbus/client"

/** Makes a new SHA-256. */
export type CreateHash = ReturnType<typeof platformSha256>

/** A running digest. */
export type Hash = ReturnType<CreateHash>
