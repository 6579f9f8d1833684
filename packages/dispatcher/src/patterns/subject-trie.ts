interface Node<T> {
  /** Undefined while there is none: most nodes are a subject's last. */
  children: Map<string, Node<T>> | undefined
  values: Set<T> | undefined
}

/**
 * Values by pattern, or by subject: a tree by token, in which `*` and `>` are tokens like any other. What is asked for
 * is walked to, whatever else there is. What is empty is let go.
 */
export class SubjectTrie<T> {
  readonly #root: Node<T> = { children: undefined, values: undefined }

  /** Whether nothing is in it. */
  get empty(): boolean {
    return this.#root.children === undefined
  }

  /** The same value under the same pattern is there once. The pattern must have been checked. */
  add(pattern: string, value: T): void {
    let node = this.#root
    for (const token of pattern.split(".")) {
      node.children ??= new Map()
      let child = node.children.get(token)
      if (child === undefined) {
        child = { children: undefined, values: undefined }
        node.children.set(token, child)
      }
      node = child
    }
    node.values ??= new Set()
    node.values.add(value)
  }

  remove(pattern: string, value: T): void {
    removeFrom(this.#root, pattern, 0, value)
  }

  /**
   * Calls `visit` with the value of every pattern that matches the subject, which must have been checked. At each token
   * it goes on at no more than two places for each one that it stands at, and at no more than there are.
   */
  match(subject: string, visit: (value: T) => void): void {
    matchFrom(this.#root, subject, 0, visit)
  }

  /** Calls `visit` with the value of every subject that the pattern matches; for values that are kept by subject. */
  within(pattern: string, visit: (value: T) => void): void {
    searchFrom(this.#root, pattern, 0, visit)
  }
}

function tokenEnd(name: string, start: number): number {
  const dot = name.indexOf(".", start)
  return dot === -1 ? name.length : dot
}

/** Behind the last token, `start` lies beyond the name. */
function removeFrom<T>(node: Node<T>, pattern: string, start: number, value: T): void {
  if (start > pattern.length) {
    node.values?.delete(value)
    if (node.values?.size === 0) node.values = undefined
    return
  }
  const end = tokenEnd(pattern, start)
  const token = pattern.slice(start, end)
  const child = node.children?.get(token)
  if (child === undefined) return
  removeFrom(child, pattern, end + 1, value)
  if (child.values !== undefined || child.children !== undefined) return
  node.children?.delete(token)
  if (node.children?.size === 0) node.children = undefined
}

function matchFrom<T>(node: Node<T>, subject: string, start: number, visit: (value: T) => void): void {
  if (start > subject.length) {
    for (const value of node.values ?? []) visit(value)
    return
  }
  if (node.children === undefined) return
  const end = tokenEnd(subject, start)
  const same = node.children.get(subject.slice(start, end))
  if (same !== undefined) matchFrom(same, subject, end + 1, visit)
  const any = node.children.get("*")
  if (any !== undefined) matchFrom(any, subject, end + 1, visit)
  for (const value of node.children.get(">")?.values ?? []) visit(value)
}

function searchFrom<T>(node: Node<T>, pattern: string, start: number, visit: (value: T) => void): void {
  if (start > pattern.length) {
    for (const value of node.values ?? []) visit(value)
    return
  }
  const end = tokenEnd(pattern, start)
  const token = pattern.slice(start, end)
  if (token === ">") {
    for (const child of node.children?.values() ?? []) visitAll(child, visit)
  } else if (token === "*") {
    for (const child of node.children?.values() ?? []) searchFrom(child, pattern, end + 1, visit)
  } else {
    const child = node.children?.get(token)
    if (child !== undefined) searchFrom(child, pattern, end + 1, visit)
  }
}

function visitAll<T>(node: Node<T>, visit: (value: T) => void): void {
  for (const value of node.values ?? []) visit(value)
  for (const child of node.children?.values() ?? []) visitAll(child, visit)
}
