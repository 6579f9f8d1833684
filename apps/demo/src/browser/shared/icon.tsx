const PATHS = {
  arrowDown: "M8 3v10m0 0 4-4m-4 4-4-4",
  arrowUp: "M8 13V3m0 0 4 4M8 3 4 7",
  check: "m3 8.5 3.5 3.5L13 4.5",
  copy: "M5.5 5.5v-3h8v8h-3m-8-5h8v8h-8z",
  cut: "M5 11.5 13.5 3M11 11.5 2.5 3M6 12.5a1.75 1.75 0 1 1-3.5 0 1.75 1.75 0 0 1 3.5 0Zm7.5 0a1.75 1.75 0 1 1-3.5 0 1.75 1.75 0 0 1 3.5 0Z",
  download: "M8 2v8m0 0 3.5-3.5M8 10 4.5 6.5M2.5 13.5h11",
  file: "M4 1.5h5L12.5 5v9.5H4zM9 1.5V5h3.5",
  moon: "M13.5 9.5A6 6 0 0 1 6.5 2.5a6 6 0 1 0 7 7Z",
  pause: "M5.5 3v10m5-10v10",
  play: "M4.5 2.5v11l9-5.5z",
  search: "m10.5 10.5 3.5 3.5M12 7A5 5 0 1 1 2 7a5 5 0 0 1 10 0Z",
  stop: "M3.5 3.5h9v9h-9z",
  sun: "M8 1v1.5M8 13.5V15M1 8h1.5M13.5 8H15M3 3l1 1m8 8 1 1M3 13l1-1m8-8 1-1M11 8a3 3 0 1 1-6 0 3 3 0 0 1 6 0Z",
  viewer: "M1.5 3h6v10h-6zm7 0h6v10h-6z",
} as const

/** The name of an icon. */
export type IconName = keyof typeof PATHS

/** A small drawing beside a word, or in a button that has a label of its own; screen readers pass over it. */
export function Icon({ name }: { readonly name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  )
}
