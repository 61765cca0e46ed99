import type { CommandSpec, OptionSpec } from '../command.js';
import { LIST_DOMAINS, operandKinds, shownCommands, shownOptions, valueKind, type WordKind } from './words.js';

/** Completion for bash: `source <(xl completion bash)`. */
export function bashCompletion(specs: readonly CommandSpec[]): string {
  const commands = shownCommands(specs);
  return `# bash completion for xl, made by 'xl completion bash'
_xl() {
  local word=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD-1]} command= i
  COMPREPLY=()
  # bash takes '=' for a word of its own.
  [[ $word == = ]] && word=
  [[ $before == = ]] && before=\${COMP_WORDS[COMP_CWORD-2]}
  for ((i = 1; i < COMP_CWORD; i++)); do
    [[ \${COMP_WORDS[i]} == -* ]] || { command=\${COMP_WORDS[i]}; break; }
  done
  local options= values= operands=
  case $command in
    '') COMPREPLY=($(compgen -W '${['help', ...commands.map(({ name }) => name)].join(' ')}' -- "$word")); return ;;
    help) COMPREPLY=($(compgen -W '${commands.map(({ name }) => name).join(' ')}' -- "$word")); return ;;
${commands.map(commandCase).join('')}  esac
  local kind
  for kind in $values; do
    [[ $kind == "$before":* ]] && { _xl_words "\${kind#*:}"; return; }
  done
  if [[ $word == -* ]]; then
    COMPREPLY=($(compgen -W "$options" -- "$word"))
    [[ \${COMPREPLY[0]} == *= ]] && compopt -o nospace
    return
  fi
  for kind in $operands; do _xl_words "$kind"; done
}
_xl_words() {
  case $1 in
    domain) COMPREPLY+=($(compgen -W "$(${LIST_DOMAINS})" -- "$word")) ;;
    host) COMPREPLY+=($(compgen -A hostname -- "$word")) ;;
    file) compopt -o filenames 2>/dev/null; COMPREPLY+=($(compgen -f -- "$word")) ;;
  esac
}
complete -F _xl xl
`;
}

function commandCase(spec: CommandSpec): string {
  const options = ['--help', ...shownOptions(spec).flatMap(names)];
  const values = shownOptions(spec)
    .filter(({ value }) => value !== undefined)
    .flatMap((option) => names(option).map((name) => `${name.replace('=', '')}:${valueKind(option)}`));
  const operands: WordKind[] = operandKinds(spec);
  return `    ${spec.name}) options='${options.join(' ')}' values='${values.join(' ')}' operands='${operands.join(' ')}' ;;\n`;
}

function names({ short, long, value }: OptionSpec): string[] {
  return [
    ...(short === undefined ? [] : [`-${short}`]),
    ...(long === undefined ? [] : [`--${long}${value === undefined ? '' : '='}`]),
  ];
}
