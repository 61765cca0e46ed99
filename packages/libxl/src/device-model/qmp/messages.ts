/** What QEMU says over QMP (QEMU's docs/interop/qmp-spec.txt, sections 2.2 to 2.5). */
export type QmpMessage =
  | { readonly kind: 'greeting'; readonly version: QemuVersion; readonly capabilities: readonly string[] }
  | { readonly kind: 'return'; readonly id: number | undefined; readonly value: unknown }
  | { readonly kind: 'error'; readonly id: number | undefined; readonly class: string; readonly description: string }
  | ({ readonly kind: 'event' } & QmpEvent);

export interface QemuVersion {
  readonly major: number;
  readonly minor: number;
  readonly micro: number;
  /** The distribution's name for it, e.g. 'Debian 1:7.2+dfsg-7+deb12u18'. */
  readonly package: string;
}

export interface QmpEvent {
  /** SHUTDOWN, STOP, RESUME, ... */
  readonly name: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** @throws SyntaxError where the text is no JSON, TypeError where it is none of QMP's messages */
export function parseMessage(text: string): QmpMessage {
  const message: unknown = JSON.parse(text);
  if (!isObject(message)) throw new TypeError('a message that is no object');
  if (isObject(message.QMP)) return greeting(message.QMP);
  const id = typeof message.id === 'number' ? message.id : undefined;
  if ('return' in message) return { kind: 'return', id, value: message.return };
  if (isObject(message.error)) {
    const { class: name, desc } = message.error;
    return { kind: 'error', id, class: textOr(name, 'unknown'), description: textOr(desc, 'no description') };
  }
  if (typeof message.event === 'string') {
    return { kind: 'event', name: message.event, data: isObject(message.data) ? message.data : {} };
  }
  throw new TypeError('a message that is neither greeting nor reply nor event');
}

function greeting({ version, capabilities }: Readonly<Record<string, unknown>>): QmpMessage {
  const numbers = isObject(version) && isObject(version.qemu) ? version.qemu : {};
  const number = (value: unknown) => (typeof value === 'number' ? value : 0);
  return {
    kind: 'greeting',
    version: {
      major: number(numbers.major),
      minor: number(numbers.minor),
      micro: number(numbers.micro),
      package: isObject(version) ? textOr(version.package, '') : '',
    },
    capabilities: Array.isArray(capabilities) ? capabilities.filter((name) => typeof name === 'string') : [],
  };
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function textOr(value: unknown, otherwise: string): string {
  return typeof value === 'string' ? value : otherwise;
}
