/** What a peer and the name of a stream with it are found by. Names have no control characters: a line break parts them. */
export function peerKey(peer: string, name: string): string {
  return `${peer}\n${name}`
}
