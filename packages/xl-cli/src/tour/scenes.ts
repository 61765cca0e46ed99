/** One line that is typed, and what must come of it. */
export interface Step {
  readonly typed: string;
  /** Exit status; default: 0. */
  readonly status?: number;
  /** What must be among what is printed. It is typed again until that is so, where `patient`. */
  readonly shows?: RegExp;
  readonly patient?: true;
  /** In a terminal, where what is printed may be drawn over; `keys` are typed once `after` was printed. */
  readonly terminal?: readonly Keys[];
}

export interface Keys {
  readonly after: RegExp;
  readonly keys: string;
}

export interface Scene {
  readonly title: string;
  /** What is to be seen, for the page. */
  readonly about: string;
  readonly steps: readonly Step[];
}

/** Stands for a port that is free; the page shows TLS_PORT. */
export const PORT = '{PORT}';

const END_OF_CONSOLE = '\x1d';
const CTRL_C = '\x03';
const booted = (name: string): Step => ({ typed: `xl console --dump ${name}`, shows: /, 0 lost/, patient: true });

/** Every command of xl, at least once. The steps follow each other on two hosts, `a` (here) and `b`. */
export const SCENES: readonly Scene[] = [
  {
    title: 'A guest comes up',
    about:
      'The kernel of this guest comes with the embedded host: it writes its memory all the time, checks what it wrote, and ' +
      'says so on its console.',
    steps: [
      { typed: 'cat web.cfg', shows: /builtin:selfcheck/ },
      { typed: 'xl create -n web.cfg', shows: /"name": "web"/ },
      { typed: 'xl create web.cfg', shows: /Parsing config/ },
      { typed: 'xl create -q -p db.cfg' },
      { typed: 'xl list', shows: /web .*\n.*db / },
      { typed: 'xl unpause db' },
      booted('web'),
      booted('db'),
      { typed: 'xl pause db' },
      { typed: 'xl list db', shows: /--p---/ },
      { typed: 'xl unpause db' },
    ],
  },
  {
    title: 'What is there',
    about: 'The tables are those of stock xl; notes go to standard error.',
    steps: [
      { typed: 'xl vm-list', shows: /web/ },
      { typed: 'xl vcpu-list web', shows: /all \/ all/ },
      { typed: 'xl uptime', shows: /Uptime/ },
      { typed: 'xl domid web', shows: /^\d+\n$/ },
      { typed: 'xl domname $(xl domid web)', shows: /^web\n$/ },
      { typed: 'xl info', shows: /free_memory/ },
      { typed: 'xl dmesg', shows: /embedded host/ },
      { typed: 'xl top -b -d 0.5 -i 2', shows: /web/ },
      { typed: 'xl list --json web', shows: /"uuid"/ },
    ],
  },
  {
    title: 'Another name, another configuration',
    about: 'A configuration that is kept applies when the guest reboots.',
    steps: [
      { typed: 'xl rename web shop' },
      { typed: 'xl config-update shop web.cfg vcpus=2', shows: /setting dom/ },
      { typed: 'xl rename shop web' },
      { typed: 'xl reboot -w web', shows: /Waiting|Rebooting/ },
      { typed: 'xl list web', shows: /web +\d+ +32 +2/, patient: true },
    ],
  },
  {
    title: 'The console and the live table, in a terminal',
    about: 'Ctrl and ] end the console, `q` ends the table.',
    steps: [
      {
        typed: 'xl console web',
        shows: /, 0 lost/,
        terminal: [{ after: /, 0 lost/, keys: END_OF_CONSOLE }],
      },
      { typed: 'xl top -d 0.5', shows: /web/, terminal: [{ after: /web[\s\S]*web/, keys: 'q' }] },
    ],
  },
  {
    title: 'Saved and restored',
    about: 'A file appears whole or not at all. An incremental save holds what was written since the save before it.',
    steps: [
      booted('web'),
      { typed: 'xl save -c web web.save', shows: /Saving to web.save/ },
      { typed: 'xl save --base web base.save' },
      { typed: 'xl save --incremental base.save web later.save' },
      { typed: 'ls -l *.save | cut -c1-10,23-', shows: /-rw-------/ },
      { typed: 'xen-stream verify web.save', shows: /valid/ },
      { typed: 'xl destroy web' },
      { typed: 'head -c 5000000 web.save > cut.save; xl restore cut.save', status: 1, shows: /offset/ },
      { typed: 'xl restore --chain base.save later.save', shows: /Loading new save file/ },
      booted('web'),
    ],
  },
  {
    title: 'Migrated',
    about: '`ssh` is a script here that runs its command on the second host, `b`, of the same machine.',
    steps: [
      { typed: 'xl migrate --check web b', shows: /web can be migrated to b/ },
      { typed: 'xl migrate web b', shows: /Migration successful/ },
      { typed: 'ssh b xl list', shows: /web/ },
      {
        typed: 'ssh b xl migrate --compress --streams 4 --bandwidth 200 --report report.json web a',
        shows: /Migration successful/,
      },
      { typed: 'cut -c1-200 ../b/report.json | head -12', shows: /"outcome": "migrated"/ },
    ],
  },
  {
    title: 'Its progress in a terminal',
    about: 'One line, drawn again and again; these are some of its states. Ctrl-C leaves the guest running here.',
    steps: [
      {
        typed: 'xl migrate --bandwidth 20 web b',
        status: 1,
        shows: /web runs on here/,
        terminal: [{ after: /pass 1 [3-9]\d%/, keys: CTRL_C }],
      },
      { typed: 'xl migrate --bandwidth 50 web b', shows: /web runs at b/, terminal: [] },
    ],
  },
  {
    title: 'By TLS',
    about: 'Each side shows a certificate, which one authority has signed. The listener goes on until it is ended.',
    steps: [
      {
        typed:
          `ssh b xl migrate-receive --tls-listen 127.0.0.1:${PORT} --tls-dir tls & sleep 1; ` +
          `xl migrate --tls --tls-dir tls db localhost:${PORT}; kill $!; wait`,
        shows: /Migration successful/,
        // On a machine with much to do the listener is later.
        patient: true,
      },
      { typed: 'ssh b xl list', shows: /db/ },
    ],
  },
  {
    title: 'A host is emptied',
    about: 'With -N the plan alone is shown.',
    steps: [
      { typed: 'ssh b xl -N evacuate a', shows: /plan: 2 domains to 1 host/ },
      { typed: 'ssh b xl evacuate a', shows: /2 domains moved/ },
      { typed: 'ssh b xl list', shows: /Name/ },
    ],
  },
  {
    title: 'Kept twice',
    about: 'Remus keeps a copy at `b`, which goes on when the domain here is gone.',
    steps: [
      {
        typed: 'xl remus -F -n -d -i 100 web b & sleep 3; xl destroy web; wait',
        shows: /Primary domain has been destroyed/,
      },
      { typed: 'ssh b xl list', shows: /web/, patient: true },
      { typed: 'ssh b xl migrate web a', shows: /Migration successful/ },
    ],
  },
  {
    title: 'The end, and help',
    about: 'What is refused is refused in the words of stock xl, and with its exit status.',
    steps: [
      { typed: 'xl shutdown -w db', shows: /Shutting down/ },
      { typed: 'xl destroy web' },
      { typed: 'xl destroy web', status: 1, shows: /invalid domain identifier/ },
      { typed: 'xl list', shows: /Name/ },
      { typed: 'xl help rename', shows: /Usage: xl/ },
      { typed: 'xl completion bash | head -5', shows: /_xl/ },
    ],
  },
];
