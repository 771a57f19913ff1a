/**
 * Whether a class keeps state in `#private` members, as far as its source tells: what no code outside can read must not be
 * left out of a key. Errs towards yes: a wrong yes costs a cached call, a wrong no serves one instance's result for another's.
 */
export function hasPrivateMembers(owner: object): boolean {
  const known = answers.get(owner);
  if (known !== undefined) return known;
  const source = Function.prototype.toString.call(owner);
  const answer = mentionsPrivateName(source);
  answers.set(owner, answer);
  return answer;
}

const answers = new WeakMap<object, boolean>();

const PRIVATE_NAME = /#[\p{ID_Start}$_\\]/u;

/** Whether a `#name` stands in the text of a class outside of strings, comments, regular expressions and template text. */
export function mentionsPrivateName(source: string): boolean {
  if (!PRIVATE_NAME.test(source)) return false; // nearly every class
  if (source.includes('<!--') || source.includes('-->')) return true; // comments of old scripts: not worth telling apart
  return new Scanner(source).findsPrivateName();
}

const QUOTED = /'(?:[^'\\\n\r]|\\(?:\r\n|.))*'|"(?:[^"\\\n\r]|\\(?:\r\n|.))*"/sy;
const COMMENT = /\/\/[^\n\r\u2028\u2029]*|\/\*.*?\*\//sy;
const REGEX = /\/(?:[^/\\[\n\r\u2028\u2029]|\\.|\[(?:[^\]\\\n\r\u2028\u2029]|\\.)*\])+\/[\p{ID_Continue}$]*/uy;
const WORD = /[\p{ID_Continue}$\u200c\u200d]+/uy;
const SPACE = /\s+/y;
const TEMPLATE_TEXT = /(?:[^`\\$]+|\\.|\$(?!\{))*/sy;

/** What a `/` means next: a division after a value, else the start of a regular expression; `unsure` where only a parser knows. */
type Slash = 'division' | 'regex' | 'unsure';

/** After words that are no value themselves. After all others: a division. */
const AFTER_WORD = new Map<string, Slash>([
  ...'return typeof instanceof in new delete void throw case do else extends default'
    .split(' ')
    .map((word): [string, Slash] => [word, 'regex']),
  ...'yield await of async let get set static'.split(' ').map((word): [string, Slash] => [word, 'unsure']),
]);

/** After the parentheses that these words open. After all others: a division. */
const AFTER_PARENTHESES = new Map<string, Slash>([
  ['if', 'regex'],
  ['while', 'regex'],
  ['for', 'regex'],
  ['with', 'regex'],
  ['await', 'unsure'],
]);

class Scanner {
  private readonly source: string;
  private at = 0;
  private slash: Slash = 'regex';
  /** The last token if it was a keyword or a name that is no property, or if it was a dot. */
  private last = '';
  /** For each open parenthesis: what a slash means behind its end. */
  private readonly parentheses: Slash[] = [];
  /** For each open brace: whether the text of a template goes on behind its end. */
  private readonly braces: boolean[] = [];

  constructor(source: string) {
    this.source = source;
  }

  /** Also true when the text cannot be followed. */
  findsPrivateName(): boolean {
    while (this.at < this.source.length) {
      const char = this.source[this.at] as string;
      if (char === '#') return true; // in a class nothing else begins with it
      if (!this.step(char)) return true;
    }
    return false;
  }

  /** Goes past one token; false when lost. */
  private step(char: string): boolean {
    switch (char) {
      case "'":
      case '"':
        return this.skip(QUOTED) && this.token('division');
      case '`':
        return this.template();
      case '/':
        return this.skip(COMMENT) || this.slashed();
      case '(':
        this.parentheses.push(AFTER_PARENTHESES.get(this.last) ?? 'division');
        return this.punctuation('regex');
      case ')':
        return this.punctuation(this.parentheses.pop() ?? 'unsure');
      case '{':
        this.braces.push(false);
        return this.punctuation('regex');
      case '}': // of a template, a block or an object
        return this.braces.pop() === true ? this.template() : this.punctuation('unsure');
      case ']':
        return this.punctuation('division');
      case '.':
        if (!this.source.startsWith('...', this.at)) return this.punctuation('unsure', '.');
        this.at += 2;
        return this.punctuation('regex');
      case '+':
      case '-':
        if (this.source[this.at + 1] !== char) return this.punctuation('regex');
        this.at++;
        return this.punctuation('unsure'); // before or after its operand
      default:
        return this.skip(SPACE) || this.named() || this.punctuation('regex');
    }
  }

  private named(): boolean {
    const start = this.at;
    if (!this.skip(WORD)) return false;
    const word = this.last === '.' ? '' : this.source.slice(start, this.at);
    return this.token(AFTER_WORD.get(word) ?? 'division', word);
  }

  private slashed(): boolean {
    if (this.slash === 'unsure') return false;
    if (this.slash === 'division') return this.punctuation('regex');
    return this.skip(REGEX) && this.token('division');
  }

  /** Stands before the text of a template; goes to its end or past the next `${`. */
  private template(): boolean {
    this.at++;
    this.skip(TEMPLATE_TEXT);
    if (this.source[this.at] === '`') return this.punctuation('division');
    if (this.at >= this.source.length) return false;
    this.at++;
    this.braces.push(true);
    return this.punctuation('regex');
  }

  private punctuation(next: Slash, last = ''): boolean {
    this.at++;
    return this.token(next, last);
  }

  private token(next: Slash, last = ''): true {
    this.slash = next;
    this.last = last;
    return true;
  }

  private skip(pattern: RegExp): boolean {
    pattern.lastIndex = this.at;
    if (!pattern.test(this.source)) return false;
    const moved = pattern.lastIndex > this.at;
    this.at = pattern.lastIndex;
    return moved;
  }
}
