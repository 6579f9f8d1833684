/** A running digest. In Node `crypto.createHash("sha256")`, in browsers `@noble/hashes`: it comes in by constructor. */
export interface Hash {
  /** Takes the next bytes in. */
  update(bytes: Uint8Array): unknown
  /** The digest of all that was updated; the hash is not used afterwards. */
  digest(): Uint8Array
}

/** Makes a new SHA-256. */
export type CreateHash = () => Hash
