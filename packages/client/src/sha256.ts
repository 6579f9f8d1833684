import type { CreateHash } from "@luxbus/dual-stream"
import { sha256 } from "@noble/hashes/sha2.js"

interface NodeProcess {
  getBuiltinModule?: (name: string) => { createHash(algorithm: string): ReturnType<CreateHash> } | undefined
}

/** SHA-256 on the platform's fastest synchronous implementation: `node:crypto` where there is one, else @noble/hashes. */
export function platformSha256(): CreateHash {
  const { process } = globalThis as { process?: NodeProcess }
  const crypto = process?.getBuiltinModule?.("node:crypto")
  return crypto === undefined ? () => sha256.create() : () => crypto.createHash("sha256")
}
