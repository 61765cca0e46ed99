import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Machine, RECEIVER, SENDER } from './states.js';

const PICTURE = readFileSync(new URL('states.ts', import.meta.url), 'utf8');

/** The arrows of one drawing, as `state --event--> state` triples; `a, b --x, y--> c` stands for each combination. */
function drawn(title: string): string[] {
  const text = PICTURE.slice(PICTURE.indexOf(`* ${title}:`));
  const arrows: string[] = [];
  for (const line of text.split('\n').slice(2)) {
    const content = line.replace(/^ \* {5}/, '');
    if (!line.startsWith(' *     ')) break;
    const parts = content.split(/ --(.+?)--> /);
    for (let i = 0; i + 2 < parts.length; i += 2) {
      for (const from of (parts[i] ?? '').split(', ')) {
        for (const event of (parts[i + 1] ?? '').split(', ')) arrows.push(`${from} --${event}--> ${parts[i + 2]}`);
      }
    }
  }
  return arrows.sort();
}

function declared(table: Readonly<Record<string, Readonly<Record<string, string>>>>): string[] {
  return Object.entries(table)
    .flatMap(([from, steps]) => Object.entries(steps).map(([event, to]) => `${from} --${event}--> ${to}`))
    .sort();
}

describe('the pictures of the two ends', () => {
  it('show the sender that the code has', () => {
    expect(drawn('Sender')).toEqual(declared(SENDER));
  });

  it('show the receiver that the code has', () => {
    expect(drawn('Receiver')).toEqual(declared(RECEIVER));
  });
});

describe('a machine', () => {
  it('follows its table and tells of each state', () => {
    const entered: string[] = [];
    const machine = new Machine(SENDER, 'connected', (state) => entered.push(state));
    for (const event of ['?banner', '!header', '!stream', '?ready', '!permissionToGo', '?report 0'])
      machine.step(event);
    expect(entered).toEqual(['greeted', 'sending', 'sent', 'acknowledged', 'given', 'moved']);
  });

  it('can not give a domain away before the target has it', () => {
    const machine = new Machine(SENDER, 'sending');
    expect(() => machine.step('!permissionToGo')).toThrow("step '!permissionToGo' from 'sending'");
    expect(machine.state).toBe('sending');
  });

  it('never leaves an end', () => {
    for (const state of ['kept', 'returned', 'moved', 'unknown'] as const) expect(SENDER[state]).toEqual({});
    for (const state of ['running', 'givenBack', 'dropped'] as const) expect(RECEIVER[state]).toEqual({});
  });

  it('has the source suspended from the permission to the report, whatever fails', () => {
    for (const state of ['given', 'refused'] as const) {
      expect(SENDER[state].lost).toBe('unknown');
      expect(SENDER[state].failed).toBe('unknown');
    }
  });
});
