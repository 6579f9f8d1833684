/** What one broker's message to another begins with. */
export interface DatagramHeader {
  /** The sender's incarnation: 8 bytes. */
  readonly from: Uint8Array
  /** The sender's number of its link with this receiver; 0: it has none. */
  readonly link: number
  /** The receiver's number of its link with the sender, as the sender knows it; 0: it does not. */
  readonly peerLink: number
  /** The number of this message of control; 0: it is data, or an acknowledgement alone. */
  readonly seq: number
  /** Every message of control up to this number has arrived at the sender. */
  readonly ack: number
}

const VERSION = 1
const FROM_BYTES = 8
const FROM_AT = 1
const LINK_AT = FROM_AT + FROM_BYTES
const PEER_LINK_AT = LINK_AT + 4
const SEQ_AT = PEER_LINK_AT + 4
const ACK_AT = SEQ_AT + 4

/** Version (u8), incarnation, then link, peer's link, number and acknowledgement (u32, big-endian). */
export const DATAGRAM_HEADER_BYTES = ACK_AT + 4

/** Puts a header before whole frames. */
export function writeDatagram(header: DatagramHeader, frames: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(DATAGRAM_HEADER_BYTES + frames.length)
  const view = new DataView(bytes.buffer)
  bytes[0] = VERSION
  bytes.set(header.from, FROM_AT)
  view.setUint32(LINK_AT, header.link)
  view.setUint32(PEER_LINK_AT, header.peerLink)
  view.setUint32(SEQ_AT, header.seq)
  view.setUint32(ACK_AT, header.ack)
  bytes.set(frames, DATAGRAM_HEADER_BYTES)
  return bytes
}

/** Reads a header; undefined where it is cut, or of a version that this broker does not know. */
export function readDatagram(bytes: Uint8Array): DatagramHeader | undefined {
  if (bytes.length < DATAGRAM_HEADER_BYTES || bytes[0] !== VERSION) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return {
    from: bytes.subarray(FROM_AT, LINK_AT),
    link: view.getUint32(LINK_AT),
    peerLink: view.getUint32(PEER_LINK_AT),
    seq: view.getUint32(SEQ_AT),
    ack: view.getUint32(ACK_AT),
  }
}
