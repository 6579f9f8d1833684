import type { CreateHash } from "@luxbus/dual-stream"
import { _SHA256 } from "@noble/hashes/sha2.js"

interface NodeProcess {
  getBuiltinModule?: (name: string) => { createHash(algorithm: string): ReturnType<CreateHash> } | undefined
}

/**
 * SHA-256 on the platform's fastest synchronous implementation: `node:crypto` where there is one, else @noble/hashes, of
 * which its class alone: what else comes with it a page need not load.
 */
export function platformSha256(): CreateHash {
  const { process } = globalThis as { process?: NodeProcess }
  const crypto = process?.getBuiltinModule?.("node:crypto")
  return crypto === undefined ? () => new _SHA256() : () => crypto.createHash("sha256")
}
