/** What a check has found. */
export interface Finding {
  /** A problem: the migration would fail, or the domain would not live through it. */
  readonly severity: 'problem' | 'warning';
  readonly about: 'state' | 'device' | 'disk' | 'memory' | 'cpu' | 'version' | 'type' | 'name' | 'measurement';
  readonly text: string;
}
