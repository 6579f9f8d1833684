/** How long a relayed stream waits for a peer, or its connection, to come back. */
export const RESUME_WINDOW_MS = 120_000
