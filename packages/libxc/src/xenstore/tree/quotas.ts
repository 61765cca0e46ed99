/** What a domain other than the control domain may use; the figures are xenstored's own. */
export interface Quotas {
  /** Nodes that it owns. */
  readonly nodes: number;
  readonly watches: number;
  readonly transactions: number;
  /** Nodes that one transaction may touch. */
  readonly transactionNodes: number;
  /** Permission entries of one node. */
  readonly permissions: number;
  /** Bytes of a node's value. */
  readonly nodeSize: number;
}

export const DEFAULT_QUOTAS: Quotas = {
  nodes: 1000,
  watches: 128,
  transactions: 10,
  transactionNodes: 1024,
  permissions: 5,
  nodeSize: 2048,
};
