import { downloadBlob } from "../shared/download-blob.ts"

/** Puts text on the clipboard; browsers allow it on pages from this machine or over TLS. */
export async function copyText(parts: readonly Uint8Array[]): Promise<void> {
  await navigator.clipboard.writeText(await textBlob(parts).text())
}

/** Lets the browser save a lane's bytes, as they came. */
export function downloadText(parts: readonly Uint8Array[], name: string): void {
  downloadBlob(textBlob(parts), name)
}

function textBlob(parts: readonly Uint8Array[]): Blob {
  // What came off a socket is never shared memory, which is what the types fear.
  return new Blob([...parts] as Uint8Array<ArrayBuffer>[], { type: "text/plain" })
}
