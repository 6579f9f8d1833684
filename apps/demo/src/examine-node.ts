// The demo job, a process of its own: it examines the running Node piece by piece. Findings go to stdout, remarks to stderr.
import { createHash } from "node:crypto"
import { open } from "node:fs/promises"
import { setTimeout as sleep } from "node:timers/promises"
import { gzipSync } from "node:zlib"

const PIECES = 96
const PIECE_BYTES = 512 * 1024
/** Slow enough to be watched, cut and stopped on the way: some 25 s in all. */
const PAUSE_MS = 220
const DENSE_SHARE = 0.45
const SPARSE_SHARE = 0.15

await using file = await open(process.execPath)
const { size } = await file.stat()
const whole = createHash("sha256")
let packed = 0
let read = 0
let remarks = 0

console.log(`Node ${process.version} on ${process.platform} ${process.arch}, ${(size / 1e6).toFixed(1)} MB`)
console.log(`examining ${PIECES} pieces of ${PIECE_BYTES / 1024} KiB:`)
console.log("  #  offset      sha256        left by gzip")
for (let number = 1; number <= PIECES; number++) {
  const offset = Math.floor(((number - 1) * size) / PIECES)
  const buffer = new Uint8Array(PIECE_BYTES)
  const { bytesRead } = await file.read(buffer, 0, PIECE_BYTES, offset)
  const piece = buffer.subarray(0, bytesRead)
  const packedBytes = gzipSync(piece, { level: 4 }).length
  const share = packedBytes / piece.length
  const digest = createHash("sha256").update(piece).digest("hex").slice(0, 12)
  whole.update(piece)
  packed += packedBytes
  read += piece.length
  const place = `0x${offset.toString(16).padStart(8, "0")}`
  console.log(`${String(number).padStart(3)}  ${place}  ${digest}  ${percent(share).padStart(6)}`)
  if (share > DENSE_SHARE) remark(`piece ${number} is dense: ${percent(share)} left after gzip`)
  if (share < SPARSE_SHARE) remark(`piece ${number} is nearly empty: ${percent(share)} left after gzip`)
  await sleep(PAUSE_MS)
}
console.log(`read ${(read / 1e6).toFixed(1)} MB, ${percent(packed / read)} left after gzip`)
console.log(`sha256 of all pieces ${whole.digest("hex")}`)
console.error(`${remarks} remarks`)

function remark(text: string): void {
  remarks++
  console.error(text)
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`
}
