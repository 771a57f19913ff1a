/** The parameter names of a function. */
export interface ParameterNames {
  /** One entry a parameter, in order; `undefined` for one without a name of its own (a destructured one). */
  readonly names: readonly (string | undefined)[];
  /** Whether the last parameter takes all further arguments as an array. */
  readonly rest: boolean;
}

/**
 * The names of a function's parameters, read from its source text. A minifier's names cannot be told from yours: for such
 * builds there is the option `parameters: [...]`.
 *
 * @returns `undefined` where there is no source (native and bound functions, proxies), for classes, and wherever the text
 *   cannot be read with certainty: never a wrong name.
 */
export function scanParameterNames(fn: (...args: never[]) => unknown): ParameterNames | undefined {
  return scanParameters(Function.prototype.toString.call(fn));
}

/** Like {@link scanParameterNames}, from the text that `Function.prototype.toString` gave. Does not read the body. */
export function scanParameters(source: string): ParameterNames | undefined {
  const scan = new Scanner(source);
  const words: string[] = [];
  for (;;) {
    const char = scan.blank();
    if (char === '(') return scan.parameters();
    if (words.length === 1 && words[0] === 'class') return undefined; // a method of that name has its `(` at once
    if (scan.sees('=>')) return loneParameter(words);
    if (char === '*' || char === '#') scan.take();
    else if (char === "'" || char === '"') scan.literal(scan.take());
    else if (char === '[') scan.computedName();
    else if (scan.run(NUMBER) === '') {
      const word = scan.run(WORD);
      if (word === '' || words.push(word) > MOST_WORDS) return undefined;
    }
  }
}

const MOST_WORDS = 3; // `async function name`
const NAME = /^[$_\p{ID_Start}][$\p{Join_Control}\p{ID_Continue}]*$/u;
const ESCAPE = /\\u(?:([\dA-Fa-f]{4})|\{([\dA-Fa-f]+)\})/g;
// Sticky, and nothing follows what they repeat: they never go back.
const WORD = /(?:[$\p{Join_Control}\p{ID_Continue}]|\\u[\dA-Fa-f]{4}|\\u\{[\dA-Fa-f]{1,6}\})+/uy;
const NUMBER = /\.?\d[\w.]*/y;
const LINE_COMMENT = /\/\/[^\n\r\u2028\u2029]*/y;

/** Arrows without parentheses: `name => …`, `async name => …`. */
function loneParameter(words: readonly string[]): ParameterNames | undefined {
  const alone = words.length === 1 || (words.length === 2 && words[0] === 'async');
  const name = alone ? nameOf(words.at(-1) ?? '') : undefined;
  return name === undefined ? undefined : { names: [name], rest: false };
}

/** The name that a word spells, escapes resolved; undefined if it is none. */
function nameOf(word: string): string | undefined {
  const name = word.includes('\\') ? word.replace(ESCAPE, (_, four, braced) => character(four ?? braced)) : word;
  return NAME.test(name) ? name : undefined;
}

function character(hex: string): string {
  const code = Number.parseInt(hex, 16);
  return code > 0x10ffff ? ' ' : String.fromCodePoint(code);
}

/** What stands before a slash tells whether it divides (after a value) or opens a regular expression (after an operator). */
type Before = 'operator' | 'value' | 'dot' | 'control' | 'template' | 'unsure';

/** The words that are no values, unless a dot or `#` stands before them. */
const WORDS: ReadonlyMap<string, Before> = new Map([
  ...each('operator', 'return typeof instanceof in new delete void throw case do else extends'),
  ...each('control', 'if while for with'), // behind their parentheses nothing is divided
  ...each('unsure', 'yield await of break continue debugger'), // names in places, or ended by their line
]);

function each(before: Before, words: string): [string, Before][] {
  return words.split(' ').map((word) => [word, before]);
}

/** An open bracket: what closes it, and what the whole then is to a slash behind it. */
interface Open {
  readonly close: string;
  readonly after: Before;
}

function opened(bracket: '(' | '[' | '{', before: Before): Open {
  if (bracket === '[') return { close: ']', after: 'value' };
  if (bracket === '{') return { close: '}', after: before === 'template' ? 'template' : 'unsure' }; // a block or a value
  return { close: ')', after: before === 'control' ? 'operator' : before === 'unsure' ? 'unsure' : 'value' };
}

/** Walks over the source text once. What it cannot read sends it to the end, where nothing more is found. */
class Scanner {
  private at = 0;

  constructor(private readonly source: string) {}

  take(): string {
    return this.source.charAt(this.at++);
  }

  sees(text: string): boolean {
    return this.source.startsWith(text, this.at);
  }

  run(pattern: RegExp): string {
    pattern.lastIndex = this.at;
    const text = pattern.exec(this.source)?.[0] ?? '';
    this.at += text.length;
    return text;
  }

  private giveUp(): 'unsure' {
    this.at = this.source.length;
    return 'unsure';
  }

  /** Skips white space and comments; answers with the character behind them, '' at the end. */
  blank(): string {
    for (;;) {
      const char = this.source.charAt(this.at);
      if (char === '/' && this.sees('//')) this.run(LINE_COMMENT);
      else if (char === '/' && this.sees('/*')) {
        const end = this.source.indexOf('*/', this.at + 2);
        this.at = end === -1 ? this.source.length : end + 2;
      } else if (/\s/.test(char)) this.at += 1;
      else return char;
    }
  }

  /** From the opening parenthesis. */
  parameters(): ParameterNames | undefined {
    const names: (string | undefined)[] = [];
    let rest = false;
    this.take();
    while (this.blank() !== ')') {
      rest = this.sees('...');
      if (rest) this.at += 3;
      const char = this.blank();
      const name = nameOf(this.run(WORD));
      if (name === undefined ? char !== '{' && char !== '[' : !/[,=)]/.test(this.blank())) return undefined;
      names.push(name);
      this.expression(); // a pattern, a default, both or nothing
      if (this.blank() === ',' && !rest) this.take();
      else if (this.blank() !== ')') return undefined;
    }
    this.take();
    const found = { names, rest };
    if (this.blank() !== '{') return this.sees('=>') ? found : undefined;
    this.take();
    this.blank();
    return this.sees('[native code]') ? undefined : found;
  }

  /** From the opening bracket of `[name](…) {}` to behind its twin. */
  computedName(): void {
    this.take();
    this.expression();
    if (this.blank() === ']') this.take();
    else this.giveUp();
  }

  /** To the comma or closing bracket that ends the expression, or to the end of the text if that is uncertain. */
  private expression(): void {
    const open: Open[] = [];
    let before: Before = 'operator';
    for (let char = this.blank(); char !== ''; char = this.blank()) {
      if (open.length === 0 && /[,)\]}]/.test(char)) return;
      before = this.token(before, open);
    }
  }

  /** Skips one token of an expression; answers with what it is to a slash behind it. */
  private token(before: Before, open: Open[]): Before {
    if (this.run(NUMBER) !== '') return 'value';
    const word = this.run(WORD);
    if (word !== '') return before === 'dot' ? 'value' : (WORDS.get(word) ?? 'value');
    const char = this.take();
    switch (char) {
      case '#':
        return 'dot';
      case '.':
        if (!this.sees('..')) return 'dot';
        this.at += 2;
        return 'operator';
      case '"':
      case "'":
      case '`':
        return this.literal(char);
      case '/':
        if (before === 'value') return 'operator';
        return before === 'operator' ? this.literal(char) : this.giveUp();
      case '(':
      case '[':
      case '{':
        open.push(opened(char, before));
        return 'operator';
      case ')':
      case ']':
      case '}': {
        const top = open.pop();
        if (top?.close !== char) return this.giveUp();
        return top.after === 'template' ? this.literal('`') : top.after;
      }
      case '+':
      case '-':
        if (!this.sees(char)) return 'operator';
        this.take();
        return this.sees('>') ? this.giveUp() : 'unsure'; // `-->` is a comment in scripts, not in modules
      default:
        return ',;:?!&|^~<>*%=@'.includes(char) && !(char === '<' && this.sees('!--')) ? 'operator' : this.giveUp();
    }
  }

  /** Skips a string, a part of a template or a regular expression to behind the mark that ends it. */
  literal(mark: string): Before {
    let inClass = false; // of a regular expression: a slash does not end it there
    for (let char = this.take(); char !== ''; char = this.take()) {
      if (char === '\\') this.take();
      else if (char === mark && !inClass)
        return 'value'; // a pattern's flags are read as a word
      else if (mark === '`') {
        if (char === '$' && this.sees('{')) return 'template';
      } else if (char === '\n' || char === '\r') break;
      else if (mark === '/') inClass = char === '[' || (inClass && char !== ']');
    }
    return this.giveUp();
  }
}
