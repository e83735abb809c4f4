// Directed graphs by name: an order in which everything comes after what it depends on.

/** Edges from a node to the nodes it depends on. Nodes that are only depended on need no entry. */
export type Graph = ReadonlyMap<string, readonly string[]>;

/** All nodes of `starts` and what they reach, dependencies first; nodes on a cycle come in the order they were met. */
export function dependenciesFirst(graph: Graph, starts: Iterable<string>): string[] {
  const order: string[] = [];
  const seen = new Set<string>();
  for (const start of starts) {
    if (seen.has(start)) continue;
    const stack: { node: string; next: number }[] = [{ node: start, next: 0 }];
    seen.add(start);
    while (stack.length > 0) {
      const frame = stack.at(-1)!;
      const target = graph.get(frame.node)?.[frame.next++];
      if (target === undefined) {
        order.push(frame.node);
        stack.pop();
      } else if (!seen.has(target)) {
        seen.add(target);
        stack.push({ node: target, next: 0 });
      }
    }
  }
  return order;
}
