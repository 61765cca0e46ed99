import type { CommandSpec, OptionSpec } from '../command.js';
import { LIST_DOMAINS, operandKinds, shownCommands, shownOptions, valueKind, type WordKind } from './words.js';

/** Completion for zsh: a file `_xl` in a directory of $fpath. */
export function zshCompletion(specs: readonly CommandSpec[]): string {
  const commands = shownCommands(specs);
  return `#compdef xl
# zsh completion for xl, made by 'xl completion zsh'
_xl_domains() { local -a names; names=(\${(f)"$(${LIST_DOMAINS})"}); _describe domain names }
_xl() {
  local curcontext=$curcontext state line
  _arguments -C '-v[say more]' '-N[dry run]' '-f[force]' '-t[draw progress with carriage returns]' '1:command:->command' '*::word:->words'
  case $state in
    command)
      local -a commands
      commands=(
        'help:Show help'
${commands.map(({ name, summary }) => `        ${quoted(`${name}:${summary}`)}\n`).join('')}      )
      _describe command commands ;;
    words)
      case $line[1] in
        help) _values command ${commands.map(({ name }) => name).join(' ')} ;;
${commands.map(commandCase).join('')}      esac ;;
  esac
}
_xl "$@"
`;
}

const ACTIONS: Readonly<Record<WordKind, string>> = {
  domain: '_xl_domains',
  host: '_hosts',
  file: '_files',
  nothing: ' ',
};

function commandCase(spec: CommandSpec): string {
  const options = shownOptions(spec).flatMap(optionWords);
  const kinds = operandKinds(spec);
  const operands = kinds.length === 0 ? [] : [quoted(`*:operand:${operandAction(kinds)}`)];
  const words = [quoted('--help[print help]'), ...options, ...operands];
  return `        ${spec.name}) _arguments ${words.join(' ')} ;;\n`;
}

function operandAction(kinds: readonly WordKind[]): string {
  const [first = 'nothing', ...rest] = kinds;
  if (rest.length === 0) return ACTIONS[first];
  return `_alternative ${kinds.map((kind) => `"${kind}s:${kind}:${ACTIONS[kind]}"`).join(' ')}`;
}

function optionWords(option: OptionSpec): string[] {
  const { short, long, value, about } = option;
  const text = about.replaceAll('[', '\\[').replaceAll(']', '\\]');
  const argument = value === undefined ? '' : `:${value.replaceAll(':', '\\:')}:${ACTIONS[valueKind(option)]}`;
  return [
    ...(short === undefined ? [] : [quoted(`-${short}${value === undefined ? '' : '+'}[${text}]${argument}`)]),
    ...(long === undefined ? [] : [quoted(`--${long}${value === undefined ? '' : '='}[${text}]${argument}`)]),
  ];
}

/** For a shell, as it is. */
const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;
