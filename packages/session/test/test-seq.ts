/** A seq of a session of the peer's: 32 bytes of its id, then the counter. */
export function testSeq(counter: number, session = 7): Uint8Array {
  const seq = new Uint8Array(40).fill(session, 0, 32)
  new DataView(seq.buffer).setUint32(36, counter)
  return seq
}
