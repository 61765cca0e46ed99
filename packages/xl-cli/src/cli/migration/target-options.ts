import type { OptionSpec, OptionSpecs } from '../command.js';

export const SSH_OPTION = {
  short: 's',
  value: '<sshcommand>',
  about:
    'Run <sshcommand> through sh instead of ssh. If it is empty, <host> itself is a command for sh that leads to an xl ' +
    'migrate-receive [-d -e]; with --check and the options of links it is run several times.',
} as const satisfies OptionSpec;

export const TLS_DIRECTORY = '/etc/xen/tls';

export const TLS_DIR_OPTION = {
  long: 'tls-dir',
  value: '<directory>',
  about: `Where cert.pem, key.pem (mode 0600) and ca.pem are, for TLS; default: ${TLS_DIRECTORY}.`,
} as const satisfies OptionSpec;

export const TLS_OPTIONS = {
  tls: {
    long: 'tls',
    about:
      'Reach <host>[:<port>] by TLS instead of ssh; there, xl migrate-receive --tls-listen must run. Both show a ' +
      'certificate that the authority in ca.pem has signed.',
  },
  tlsDir: TLS_DIR_OPTION,
} as const satisfies OptionSpecs;
